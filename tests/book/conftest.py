"""One Chromium for each process of the tests: a second cannot be started beside it."""

import os

import pytest

import browser

# Chromium itself looks for news of its own otherwise.
ARGUMENTS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium():
    """The browser; where none is found the tests are skipped, and in CI they fail."""
    path = browser.find()
    if not path:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(browser.ADVICE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()
