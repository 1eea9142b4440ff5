// run(): the main task, what is left of the others, and the end.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::task;

namespace {

task<int> number(int n) {
    co_await skein::sleep(1ms);
    co_return n;
}

task<> fail(const char* what) {
    co_await skein::yield();
    throw std::runtime_error(what);
}

}  // namespace

TEST_CASE("run gives the result of its main task, again and again") {
    for (int i = 0; i < 3; ++i) CHECK(skein::run(number(i)) == i);
    const auto unique = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    CHECK(*skein::run(unique()) == 4);
}

TEST_CASE("run takes a task, an awaitable, and a callable with arguments") {
    skein::run(skein::sleep(1ms));
    CHECK(skein::run(number, 7) == 7);
    CHECK(std::get<0>(skein::run(skein::gather(number(1), number(2)))) == 1);
}

TEST_CASE("run throws what its main task throws") {
    CHECK_THROWS_WITH(skein::run(fail("main")), "main");
    const auto cancelled = []() -> task<> {
        throw cancelled_error();
        co_return;
    };
    CHECK_THROWS_AS(skein::run(cancelled()), cancelled_error);
    CHECK(skein::run(number(1)) == 1);  // and leaves nothing behind
}

TEST_CASE("run of an empty task is a logic_error") {
    CHECK_THROWS_AS(skein::run(task<>()), std::logic_error);
}

TEST_CASE("run inside run is a logic_error, and the outer one goes on") {
    bool began = false;
    const auto inner = [&]() -> task<> {
        began = true;
        co_return;
    };
    const auto outer = [&]() -> task<int> {
        CHECK_THROWS_AS(skein::run(inner()), std::logic_error);
        co_return co_await number(3);
    };
    CHECK(skein::run(outer()) == 3);
    CHECK_FALSE(began);
}

TEST_CASE("two threads run a loop each at once") {
    std::vector<int> results(2);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i)
        threads.emplace_back([&results, i] {
            results[i] = skein::run([i]() -> task<int> {
                int sum = 0;
                for (int k = 0; k < 50; ++k) sum += co_await number(static_cast<int>(i) + 1);
                co_return sum;
            });
        });
    for (auto& one : threads) one.join();
    CHECK(results == std::vector<int>({50, 100}));
}

TEST_CASE("a future or promise of another thread's loop is a logic_error, and its tasks go on") {
    const auto in_thread = [](const auto& work) { std::thread(work).join(); };
    const auto wait_for = [](skein::future<int> result) -> task<int> { co_return co_await result; };
    skein::run([&]() -> task<> {
        skein::promise<int> number;
        auto of_task = create_task(wait_for(number.get_future()));
        auto of_promise = number.get_future();
        co_await skein::yield();
        // This thread stands still meanwhile.
        in_thread([&] {
            CHECK_THROWS_AS(number.set_value(1), std::logic_error);
            CHECK_THROWS_AS(number.set_exception(std::make_exception_ptr(1)), std::logic_error);
            CHECK_THROWS_AS(of_promise.cancel(), std::logic_error);
            CHECK_THROWS_AS(of_task.cancel(), std::logic_error);
            CHECK_THROWS_AS(skein::run(wait_for(of_task)), std::logic_error);
            CHECK_THROWS_AS(skein::run(wait_for(of_promise)), std::logic_error);
        });
        CHECK(number.set_value(4));
        CHECK(co_await of_task == 4);
        in_thread([&] { CHECK(skein::run(wait_for(of_promise)) == 4); });  // it is there
    });
}

TEST_CASE(
    "a promise may be made in one thread and belong to the loop of another, or to one loop after the other") {
    const auto wait_for = [](skein::future<int> result) -> task<int> { co_return co_await result; };
    skein::promise<int> number;
    const auto main = [&]() -> task<int> {
        auto waiting = create_task(wait_for(number.get_future()));
        co_await skein::yield();
        co_await skein::yield();
        number.set_value(7);
        co_return co_await waiting;
    };
    std::thread([&] { CHECK(skein::run(main()) == 7); }).join();

    skein::promise<int> later;
    const auto gives_up = [&]() -> task<> {
        auto result = later.get_future();
        co_await skein::wait_for(skein::shield(result), 1ms);
    };
    CHECK_THROWS_AS(skein::run(gives_up()), skein::timeout_error);
    const auto sets = [&]() -> task<int> {
        auto waiting = create_task(wait_for(later.get_future()));
        co_await skein::yield();
        later.set_value(8);
        co_return co_await waiting;
    };
    CHECK(skein::run(sets()) == 8);
}

TEST_CASE("background tasks are cancelled at the end, and unwind while the loop still runs") {
    std::string order;
    const auto body = []() -> task<> { co_await skein::sleep(1h); };
    const auto clean_up = [&]() -> task<> {
        order += 'c';
        co_await skein::sleep(1ms);
        order += 'e';
    };
    const auto main = [&]() -> task<> {
        create_task(skein::with_cleanup(body, clean_up));
        co_await skein::yield();
        co_await skein::yield();
        order += 'm';
    };
    skein::run(main());
    CHECK(order == "mce");
}

TEST_CASE("what background tasks hold is gone when run returns") {
    auto argument = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = argument;
    const auto background = [&](std::shared_ptr<int>) -> task<> { co_await skein::sleep(1h); };
    const auto main = [&]() -> task<> {
        create_task(background(std::move(argument)));
        co_return;
    };
    skein::run(main());
    CHECK(watch.expired());
}

TEST_CASE("a background task that starts another one as it unwinds does not keep the loop from ending") {
    int generations = 0;
    struct respawn {
        static task<> again(int& count) {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {
                if (++count < 1000) create_task(again(count));
                throw;
            }
        }
    };
    const auto main = [&]() -> task<> {
        create_task(respawn::again(generations));
        co_await skein::yield();
    };
    skein::run(main());
    CHECK(generations == 1000);
}

TEST_CASE("clean-up at the end may create a task and wait for it") {
    int value = 0;
    const auto body = []() -> task<> { co_await skein::sleep(1h); };
    const auto clean_up = [&]() -> task<> {
        auto helper = create_task(number(5));
        value = co_await helper;
    };
    const auto main = [&]() -> task<> {
        create_task(skein::with_cleanup(body, clean_up));
        co_await skein::yield();
        co_await skein::yield();
    };
    skein::run(main());
    CHECK(value == 5);
}

TEST_CASE("exceptions that nobody can receive go to the handler, once each") {
    std::vector<std::string> seen;
    skein::run_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            seen.push_back(e.what());
        }
        CHECK(context.find("nobody awaited") != std::string_view::npos);
    };
    const auto main = []() -> task<> {
        create_task(fail("dropped"));
        auto kept = create_task(fail("kept to the end"));
        auto awaited = create_task(fail("awaited"));
        CHECK_THROWS(co_await awaited);
        co_await skein::sleep(1ms);
    };
    skein::run(main(), options);
    CHECK(seen == std::vector<std::string>({"dropped", "kept to the end"}));
}

TEST_CASE("an error in a task that is cancelled at the end goes to the handler too") {
    int seen = 0;
    skein::run_options options;
    options.exception_handler = [&](std::string_view, const std::exception_ptr&) { ++seen; };
    const auto unwinds_badly = []() -> task<> {
        try {
            co_await skein::sleep(1h);
        } catch (const cancelled_error&) {
            throw std::runtime_error("while unwinding");
        }
    };
    const auto main = [&]() -> task<> {
        create_task(unwinds_badly());
        co_await skein::yield();
        co_await skein::yield();
    };
    skein::run(main(), options);
    CHECK(seen == 1);
}

TEST_CASE("a future that outlives its loop keeps its result") {
    skein::future<int> kept;
    const auto main = [&]() -> task<> {
        kept = create_task(number(6));
        auto waited = kept;
        co_await waited;
    };
    skein::run(main());
    CHECK(kept.result() == 6);
}

TEST_CASE("sleeps on the real loop come in order of their deadlines") {
    std::string order;
    const auto nap = [&](char name, std::chrono::milliseconds delay) -> task<> {
        co_await skein::sleep(delay);
        order += name;
    };
    const auto main = [&]() -> task<> {
        const auto start = skein::clock::now();
        co_await skein::gather(nap('c', 30ms), nap('a', 10ms), nap('b', 20ms));
        CHECK(skein::clock::now() - start >= 30ms);
    };
    skein::run(main());
    CHECK(order == "abc");
}

TEST_CASE("a deadline that is cleared does not fire, an earlier one is not missed behind it") {
    const auto main = [&]() -> task<> {
        auto far = create_task(skein::sleep(1h));
        co_await skein::yield();
        co_await skein::sleep(2ms);
        far.cancel();
        CHECK(co_await skein::wait_for(number(2), 1h) == 2);
    };
    skein::run(main());
}

TEST_CASE("deadlines that are far away are met, with near ones before them and after them") {
    std::string order;
    const auto after = [&order](char name, std::chrono::milliseconds time) -> task<> {
        const auto due = skein::clock::now() + time;
        co_await skein::sleep(time);
        CHECK(skein::clock::now() >= due);
        order += name;
    };
    const auto all = [&]() -> task<> {
        // Over before its limit, which is the first that the loop has waited for: that one goes off for
        // nobody.
        co_await skein::wait_for(skein::sleep(5ms), 1010ms);
        co_await skein::gather(after('c', 1060ms), after('a', 5ms), after('b', 1030ms));
        co_await skein::gather(after('e', 1020ms), after('d', 1ms));
    };
    skein::run(all());
    CHECK(order == "abcde");
}

TEST_CASE("deadlines that are far away are met where there is no descriptor left") {
    const auto starved = []() -> task<> {
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        rlimit none = before;
        none.rlim_cur = 0;
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        const auto due = skein::clock::now() + 1010ms;
        co_await skein::sleep(1010ms);
        CHECK(skein::clock::now() >= due);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    };
    skein::run(starved());
}

TEST_CASE("SKEIN_DEBUG switches debug mode on, and 0 leaves it off") {
    int reports = 0;
    skein::run_options options;
    options.exception_handler = [&](std::string_view, std::exception_ptr) { ++reports; };
    const auto forgotten = []() -> task<> { co_return; };
    const auto main = [&]() -> task<> {
        { auto dropped = forgotten(); }
        co_return;
    };
    ::unsetenv("SKEIN_DEBUG");
    skein::run(main(), options);
    ::setenv("SKEIN_DEBUG", "0", 1);
    skein::run(main(), options);
    CHECK(reports == 0);
    ::setenv("SKEIN_DEBUG", "1", 1);
    skein::run(main(), options);
    CHECK(reports == 1);
    ::unsetenv("SKEIN_DEBUG");
    options.debug = true;
    skein::run(main(), options);
    CHECK(reports == 2);
}

TEST_CASE("a callback at the very end of a loop may create tasks: they are cancelled and waited for") {
    bool unwound = false;
    std::string reported;
    skein::run_options options;
    options.exception_handler = [&](std::string_view, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            reported = e.what();
        }
    };
    const auto late = [&]() -> task<> {
        try {
            co_await skein::sleep(1h);
        } catch (const skein::cancelled_error&) {
            unwound = true;
            throw std::runtime_error("while the loop ends");
        }
    };
    // More callbacks than a turn has steps: the last one runs when no task is left.
    const auto background = []() -> task<> { co_await skein::sleep(1h); };
    const auto main = [&]() -> task<> {
        auto last = skein::create_task(background());
        for (int i = 0; i < 1000; ++i) last.add_done_callback([] {});
        last.add_done_callback([&] { skein::create_task(late()); });
        co_await skein::yield();
    };
    skein::run(main(), options);
    CHECK(unwound);
    CHECK(reported == "while the loop ends");
}
