"""Find a Chromium for the tests of the book, or with --install get one.

python tools/browser.py [--install]
"""

import os
import shutil
import subprocess
import sys

# A browser that the variable names comes first, then what is installed, then Playwright's own.
VARIABLE = "CHROME_PATH"
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ADVICE = (
    "The tests of the web book need Chromium or Chrome. Install one with your system's package "
    "manager (Debian: apt install chromium), or by `.venv/bin/python -m playwright install "
    f"--with-deps chromium`, or name one: {VARIABLE}=/path/to/chrome make test"
)


def works(path):
    """Whether a path is that of a browser that starts."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"Chrom" in asked.stdout


def succeeds(command):
    """Run a command that installs; whether it ended well."""
    print("*", *command, file=sys.stderr, flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        # What it prints is for people: the path alone goes to stdout.
        return subprocess.run(command, env=quiet, stdout=sys.stderr, timeout=900).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def of_playwright():
    """Where Playwright keeps its own Chromium, there or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        return driver.chromium.executable_path


def find():
    """The path of a Chromium or Chrome, or None."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if works(named) else None
    found = [*filter(None, map(shutil.which, NAMES)), MAC]
    return next((path for path in (*found, of_playwright()) if works(path)), None)


def install():
    """Install Chromium, from the system's packages or as Playwright does; its path, or None."""
    rights = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    apt = [*rights, "apt-get"]
    own = [sys.executable, "-m", "playwright"]
    ways = [
        [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", "chromium"]],
        [[*own, "install", "--with-deps", "chromium"]],
        [[*own, "install", "chromium"]],
    ]
    for way in ways:
        if all(succeeds(command) for command in way) and find():
            return find()
    return None


if __name__ == "__main__":
    path = find() or (install() if "--install" in sys.argv[1:] else None)
    sys.exit(print(path) if path else ADVICE)
