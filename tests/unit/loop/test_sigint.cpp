// SIGINT, each time in a child process that dies of it or does not.
#include "in_child.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <csignal>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::task;
using skein::tests::in_child;
using skein::tests::say;

namespace {

// Says m once cancelled.
task<> interrupted_main() {
    std::raise(SIGINT);
    try {
        co_await skein::sleep(1h);
    } catch (const cancelled_error&) {
        say('m');
        throw;
    }
}

// Says b once cancelled and cleaned up, which takes a while.
task<> background() {
    const auto body = []() -> task<> { co_await skein::sleep(1h); };
    const auto clean_up = []() -> task<> {
        co_await skein::sleep(1ms);
        say('b');
    };
    co_await skein::with_cleanup(body, clean_up);
}

bool disposition_is_default() {
    return skein::tests::disposition_is(SIGINT, SIG_DFL);
}

}  // namespace

TEST_CASE("the first SIGINT cancels main; when all has unwound the process dies of it") {
    const auto end = in_child([] {
        const auto main = []() -> task<> {
            skein::create_task(background());
            co_await skein::yield();
            co_await skein::yield();
            co_await interrupted_main();
        };
        skein::run(main());
        return 1;
    });
    CHECK(end.signal == SIGINT);
    CHECK(end.said == "mb");
}

TEST_CASE("the second SIGINT ends the process at once, even if the loop is blocked") {
    const auto end = in_child([] {
        const auto main = []() -> task<> {
            std::raise(SIGINT);
            say('1');
            std::raise(SIGINT);
            say('2');
            co_return;
        };
        skein::run(main());
        return 1;
    });
    CHECK(end.signal == SIGINT);
    CHECK(end.said == "1");
}

TEST_CASE("a main task that ends well in spite of SIGINT has handled it") {
    const auto end = in_child([] {
        const auto main = []() -> task<int> {
            try {
                co_await interrupted_main();
            } catch (const cancelled_error&) {}
            co_return 5;
        };
        const int first = skein::run(main());
        if (!disposition_is_default()) return 1;
        return first + skein::run(main());  // takes it again
    });
    CHECK(end.signal == 0);
    CHECK(end.code == 10);
    CHECK(end.said == "mm");
}

TEST_CASE("SIGINT after main has ended lets the rest unwind, then ends the process") {
    const auto end = in_child([] {
        const auto rest = []() -> task<> {
            const auto body = []() -> task<> { co_await skein::sleep(1h); };
            const auto clean_up = []() -> task<> {
                std::raise(SIGINT);
                co_await skein::sleep(1ms);
                say('b');
            };
            co_await skein::with_cleanup(body, clean_up);
        };
        const auto main = [&]() -> task<> {
            skein::create_task(rest());
            co_await skein::yield();
            co_await skein::yield();
        };
        skein::run(main());
        return 1;
    });
    CHECK(end.signal == SIGINT);
    CHECK(end.said == "b");
}

TEST_CASE("without SIGINT the disposition is what it was") {
    const auto end = in_child([] {
        skein::run(skein::sleep(1ms));
        return disposition_is_default() ? 5 : 1;
    });
    CHECK(end.code == 5);
}

TEST_CASE("run leaves SIGINT alone if told so, or if it is taken already") {
    const auto told = in_child([] {
        skein::run_options options;
        options.handle_sigint = false;
        skein::run(interrupted_main(), options);
        return 1;
    });
    CHECK(told.signal == SIGINT);
    CHECK(told.said.empty());

    const auto ignored = in_child([] {
        std::signal(SIGINT, SIG_IGN);
        const auto main = []() -> task<> {
            std::raise(SIGINT);
            co_await skein::sleep(1ms);
        };
        skein::run(main());
        return 5;
    });
    CHECK(ignored.code == 5);
}

TEST_CASE("a handler that the program sets while it runs stays") {
    const auto end = in_child([] {
        const auto main = []() -> task<> {
            std::signal(SIGINT, SIG_IGN);
            co_return;
        };
        skein::run(main());
        std::raise(SIGINT);
        return 5;
    });
    CHECK(end.code == 5);
}
