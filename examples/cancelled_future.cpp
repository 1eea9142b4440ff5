// A future that is cancelled before it has a result: it is done, and whoever waits gets cancelled_error.
#include <skein/skein.hpp>

#include <iostream>

skein::task<> cancel_a_future() {
    skein::promise<int> promise;
    auto future = promise.get_future();
    future.cancel();

    std::cout << std::boolalpha << "done: " << future.done() << ", cancelled: " << future.cancelled()
              << std::endl;
    try {
        co_await future;
    } catch (const skein::cancelled_error&) {
        std::cout << "waiting for it throws cancelled_error" << std::endl;
    }
}

int main() {
    skein::run(cancel_a_future());
}
