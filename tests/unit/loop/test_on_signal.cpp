// Signals as something to wait for.
#include "in_child.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::on_signal;
using skein::task;
using skein::tests::disposition_is;
using skein::tests::in_child;
using skein::tests::say;

namespace {

void handler_of_the_program(int) {}

// Long enough for a signal that was raised to be delivered.
task<> let_it_arrive() {
    for (int i = 0; i < 5; ++i) co_await skein::sleep(1ms);
}

task<> count(skein::signal_watcher watcher, int& seen) {
    for (;;) {
        co_await watcher;
        ++seen;
    }
}

}  // namespace

TEST_CASE("on_signal gives each occurrence of a signal to who waits") {
    int seen = 0;
    skein::run([&]() -> task<> {
        create_task(count(on_signal(SIGUSR1), seen));
        for (int i = 1; i <= 3; ++i) {
            co_await let_it_arrive();
            std::raise(SIGUSR1);
            co_await let_it_arrive();
            CHECK(seen == i);
        }
    });
    CHECK(seen == 3);
    CHECK(disposition_is(SIGUSR1, SIG_DFL));
}

TEST_CASE("a signal that comes while nobody waits is kept, several as one") {
    skein::run([&]() -> task<> {
        auto watcher = on_signal(SIGUSR1);
        std::raise(SIGUSR1);
        std::raise(SIGUSR1);
        co_await let_it_arrive();
        co_await watcher.next();
        CHECK_THROWS_AS(co_await skein::wait_for(watcher.next(), 2ms), skein::timeout_error);
    });
}

TEST_CASE("a signal can be awaited once, and in the helpers that take awaitables") {
    skein::run([&]() -> task<> {
        auto once = create_task(on_signal(SIGUSR1));
        auto both = create_task(skein::gather(on_signal(SIGUSR1), on_signal(SIGUSR2)));
        co_await let_it_arrive();
        std::raise(SIGUSR1);
        co_await once;
        CHECK_FALSE(both.done());
        std::raise(SIGUSR2);
        co_await both;
        CHECK_THROWS_AS(co_await skein::wait_for(on_signal(SIGUSR1), 1ms), skein::timeout_error);
    });
    CHECK(disposition_is(SIGUSR1, SIG_DFL));
    CHECK(disposition_is(SIGUSR2, SIG_DFL));
}

TEST_CASE("several watchers of a signal, and several tasks at one of them, all see it") {
    int first = 0;
    int second = 0;
    skein::run([&]() -> task<> {
        auto shared = on_signal(SIGUSR1);
        create_task(count(on_signal(SIGUSR1), first));
        auto one = create_task(shared.next());
        auto other = create_task(shared.next());
        {
            auto gone = create_task(count(on_signal(SIGUSR1), second));
            co_await let_it_arrive();
            std::raise(SIGUSR1);
            co_await one;
            co_await other;
            co_await let_it_arrive();
            gone.cancel();
        }
        co_await let_it_arrive();
        CHECK_FALSE(disposition_is(SIGUSR1, SIG_DFL));
        std::raise(SIGUSR1);
        co_await let_it_arrive();
    });
    CHECK(first == 2);
    CHECK(second == 1);
}

TEST_CASE("a cancelled wait ends at once, and the watcher goes on") {
    skein::run([&]() -> task<> {
        auto watcher = on_signal(SIGUSR1);
        auto waiting = create_task(watcher.next());
        co_await skein::yield();
        CHECK(waiting.cancel());
        CHECK_THROWS_AS(co_await waiting, cancelled_error);
        std::raise(SIGUSR1);
        co_await watcher;
    });
}

TEST_CASE("what a signal did before, it does again when the last watcher is gone") {
    std::signal(SIGUSR1, handler_of_the_program);
    std::signal(SIGUSR2, SIG_IGN);
    skein::run([&]() -> task<> {
        auto one = std::make_optional(on_signal(SIGUSR1));
        auto other = std::make_optional(on_signal(SIGUSR1));
        const auto ignored = on_signal(SIGUSR2);
        CHECK_FALSE(disposition_is(SIGUSR2, SIG_IGN));
        one.reset();
        CHECK_FALSE(disposition_is(SIGUSR1, handler_of_the_program));
        other.reset();
        CHECK(disposition_is(SIGUSR1, handler_of_the_program));
        auto again = on_signal(SIGUSR1);
        CHECK_FALSE(disposition_is(SIGUSR1, handler_of_the_program));
        co_return;
    });
    CHECK(disposition_is(SIGUSR1, handler_of_the_program));
    CHECK(disposition_is(SIGUSR2, SIG_IGN));
    std::signal(SIGUSR1, SIG_DFL);
    std::signal(SIGUSR2, SIG_DFL);
}

TEST_CASE("a handler that the program sets meanwhile stays") {
    skein::run([&]() -> task<> {
        const auto watcher = on_signal(SIGUSR1);
        std::signal(SIGUSR1, handler_of_the_program);
        co_return;
    });
    CHECK(disposition_is(SIGUSR1, handler_of_the_program));
    std::signal(SIGUSR1, SIG_DFL);
}

TEST_CASE("a watcher may outlive its loop: awaiting it is a logic_error then") {
    std::optional<skein::signal_watcher> kept;
    skein::run([&]() -> task<> {
        kept.emplace(on_signal(SIGUSR1));
        co_return;
    });
    CHECK(disposition_is(SIGUSR1, SIG_DFL));
    skein::run([&]() -> task<> {
        CHECK_THROWS_AS(co_await *kept, std::logic_error);
        auto moved = on_signal(SIGUSR1);
        const auto to = std::move(moved);
        CHECK_THROWS_AS(co_await moved, std::logic_error);
    });
    kept.reset();
}

TEST_CASE("what is no signal, or cannot be caught, is a system_error") {
    skein::run([&]() -> task<> {
        CHECK_THROWS_AS(on_signal(0), std::system_error);
        CHECK_THROWS_AS(on_signal(-1), std::system_error);
        CHECK_THROWS_AS(on_signal(SIGKILL), std::system_error);
        CHECK_THROWS_AS(on_signal(1000), std::system_error);
        co_await skein::yield();
    });
    CHECK_THROWS_AS(on_signal(SIGUSR1), std::logic_error);  // without a loop
}

TEST_CASE("loops in two threads both see a signal of the process") {
    std::atomic<int> ready = 0;
    std::atomic<int> seen = 0;
    const auto main = [&]() -> task<> {
        const auto watcher = on_signal(SIGUSR1);
        ++ready;
        co_await watcher;
        ++seen;
    };
    std::thread one([&] { skein::run(main()); });
    std::thread other([&] { skein::run(main()); });
    while (ready < 2) std::this_thread::yield();
    ::kill(::getpid(), SIGUSR1);
    one.join();
    other.join();
    CHECK(seen == 2);
    CHECK(disposition_is(SIGUSR1, SIG_DFL));
}

TEST_CASE("SIGINT belongs to its watcher as long as there is one, and to run() again after that") {
    const auto end = in_child([] {
        const auto main = []() -> task<> {
            {
                const auto watcher = on_signal(SIGINT);
                std::raise(SIGINT);
                co_await watcher;
                std::raise(SIGINT);  // the second is no different
                co_await watcher;
                say('w');
            }
            std::raise(SIGINT);
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {
                say('m');
                throw;
            }
        };
        skein::run(main());
        return 1;
    });
    CHECK(end.signal == SIGINT);
    CHECK(end.said == "wm");
}

TEST_CASE("a watcher of SIGINT leaves nothing behind when run() ends") {
    const auto end = in_child([] {
        const auto main = []() -> task<> {
            const auto watcher = on_signal(SIGINT);
            std::raise(SIGINT);
            co_await watcher;
        };
        skein::run(main());
        if (!disposition_is(SIGINT, SIG_DFL)) return 1;
        std::raise(SIGINT);
        return 2;
    });
    CHECK(end.signal == SIGINT);
}

TEST_CASE("signals are seen while a loop unwinds") {
    const auto end = in_child([] {
        const auto body = []() -> task<> { co_await skein::sleep(1h); };
        const auto clean_up = []() -> task<> {
            const auto watcher = on_signal(SIGTERM);
            std::raise(SIGTERM);
            co_await watcher;
            say('c');
        };
        const auto main = [&]() -> task<> {
            create_task(skein::with_cleanup(body, clean_up));
            co_await skein::yield();
            co_await skein::yield();
        };
        skein::run(main());
        return 5;
    });
    CHECK(end.code == 5);
    CHECK(end.said == "c");
}
