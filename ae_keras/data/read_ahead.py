"""Results that threads or processes compute before they are asked for."""

import itertools
import threading
from concurrent import futures

# In a process of `ReadAhead`: the function that it computes.
_function = None


class ReadAhead:
    """Computes `function(*arguments)` in `workers` threads or processes, `size` calls ahead.

    What is returned is always the result for the arguments that were asked for, whoever asked for
    others before.

    Args:
        function: function whose result depends on its arguments alone. It is sent to each process
            once, when that starts.
        workers: int, number of threads or processes, >= 1.
        size: int, results to keep that were not yet asked for, >= 1.
        processes: bool, whether to start processes, not threads.

    Example:
        >>> from ae_keras.data.read_ahead import ReadAhead
        >>> squares = ReadAhead(lambda key, x: x * x, workers=2, size=3, processes=False)
        >>> [squares.take((i, i) for i in range(start, 5)) for start in range(5)]
        [0, 1, 4, 9, 16]
    """

    def __init__(self, function, workers, size, processes):
        if processes:
            self._function = _call
            self._pool = futures.ProcessPoolExecutor(
                workers, initializer=_keep, initargs=(function,)
            )
        else:
            self._function = function
            self._pool = futures.ThreadPoolExecutor(workers)
        self._size, self._ahead, self._lock = size, {}, threading.Lock()

    def take(self, calls):
        """Return the result of the first call, and begin with those after it.

        Args:
            calls: iterator of tuples: a key, by which a call is known, and the other arguments. The
                function is called with both.

        Returns:
            What the function returns; an error that it raises is raised here.
        """
        first = next(calls)
        with self._lock:
            mine = self._ahead.pop(first[0], None) or self._pool.submit(self._function, *first)
            for call in itertools.islice(calls, self._size):
                if len(self._ahead) >= self._size:
                    break
                if call[0] not in self._ahead:
                    self._ahead[call[0]] = self._pool.submit(self._function, *call)
        try:
            return mine.result()
        except BaseException:
            # The others may have failed for the same reason, which may be gone the next time.
            self.drop()
            raise

    def drop(self):
        """Forget what was not asked for."""
        with self._lock:
            for call in self._ahead.values():
                call.cancel()
            self._ahead.clear()


def _keep(function):
    global _function
    _function = function


def _call(*arguments):
    return _function(*arguments)
