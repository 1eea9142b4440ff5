// skein inside a libuv loop that the program runs.
#include <skein/skein.hpp>
#include <skein/uv.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::task;
using skein::uv_host;

namespace {

// A libuv loop; leaves nothing open.
class program_loop {
public:
    program_loop() { REQUIRE(uv_loop_init(&loop_) == 0); }
    ~program_loop() { CHECK(uv_loop_close(&loop_) == 0); }
    program_loop(const program_loop&) = delete;
    program_loop& operator=(const program_loop&) = delete;

    uv_loop_t* get() { return &loop_; }
    // Runs until nothing is left to run.
    void run() { CHECK(uv_run(&loop_, UV_RUN_DEFAULT) == 0); }

private:
    uv_loop_t loop_{};
};

// A timer of the program's, every millisecond so many times.
class ticker {
public:
    ticker(uv_loop_t* loop, int times, std::function<void()> on_tick)
        : left_(times), on_tick_(std::move(on_tick)) {
        uv_timer_init(loop, &timer_);
        timer_.data = this;
        uv_timer_start(
            &timer_, [](uv_timer_t* timer) { static_cast<ticker*>(timer->data)->tick(); }, 1, 1);
    }

private:
    void tick() {
        on_tick_();
        if (--left_ == 0) uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
    }
    uv_timer_t timer_{};
    int left_;
    std::function<void()> on_tick_;
};

task<> append(std::string& to, char what, int times) {
    for (int i = 0; i < times; ++i) {
        co_await skein::sleep(1ms);
        to += what;
    }
}

task<> wait_long(std::string& said) {
    const auto body = []() -> task<> { co_await skein::sleep(1h); };
    const auto clean_up = [&]() -> task<> {
        said += 'c';
        co_await skein::sleep(1ms);
        said += 'e';
    };
    co_await skein::with_cleanup(body, clean_up);
}

}  // namespace

TEST_CASE("tasks and the program's own timers tick side by side, and the loop ends by itself with the last") {
    program_loop loop;
    std::string ticks;
    {
        uv_host host(loop.get());
        const ticker own(loop.get(), 20, [&] { ticks += 'u'; });
        auto tasks = create_task(append(ticks, 's', 20));  // before the loop runs
        loop.run();
        CHECK(tasks.done());
        CHECK(std::count(ticks.begin(), ticks.end(), 'u') == 20);
        CHECK(std::count(ticks.begin(), ticks.end(), 's') == 20);
        CHECK(ticks.find("us") != std::string::npos);
        CHECK(ticks.find("su") != std::string::npos);
    }
    loop.run();
}

TEST_CASE("a loop with nothing to do ends at once, and again when there was something") {
    program_loop loop;
    uv_host host(loop.get());
    loop.run();
    for (int i = 0; i < 3; ++i) {
        auto work = create_task(skein::sleep(1ms));
        loop.run();
        CHECK(work.done());
        loop.run();
    }
    host.close();
    loop.run();
    CHECK(host.closed());
}

TEST_CASE("callbacks of the program create tasks and set promises, in every phase of its loop") {
    program_loop loop;
    std::string said;
    {
        uv_host host(loop.get());
        skein::promise<int> number;
        const auto wait = [](skein::future<int> result, std::string& to) -> task<> {
            to += std::to_string(co_await result);
        };
        create_task(wait(number.get_future(), said));
        const ticker own(loop.get(), 1, [&] {
            number.set_value(4);
            create_task(append(said, 't', 1));
        });
        loop.run();
        CHECK(said == "4t");

        // The last thing that happens in a loop: a close callback. And what comes after our turn: a prepare
        // callback that was there first.
        uv_idle_t idle{};
        uv_idle_init(loop.get(), &idle);
        idle.data = &said;
        uv_close(reinterpret_cast<uv_handle_t*>(&idle), [](uv_handle_t* closed) {
            create_task(append(*static_cast<std::string*>(closed->data), 'c', 1));
        });
        loop.run();
        CHECK(said == "4tc");
    }
    loop.run();
}

TEST_CASE("a prepare callback that runs after skein's turn may create a task") {
    program_loop loop;
    std::string said;
    uv_prepare_t first{};
    uv_prepare_init(loop.get(), &first);
    first.data = &said;
    uv_prepare_start(&first, [](uv_prepare_t* handle) {
        create_task(append(*static_cast<std::string*>(handle->data), 'p', 1));
        uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
    });
    {
        uv_host host(loop.get());
        loop.run();
        CHECK(said == "p");
    }
    loop.run();
}

TEST_CASE("close cancels the tasks, lets them unwind, and calls back when nothing of skein is left") {
    program_loop loop;
    std::string said;
    auto host = std::make_unique<uv_host>(loop.get());
    create_task(wait_long(said));
    const ticker own(loop.get(), 3, [&, ticks = 0]() mutable {
        if (++ticks == 2)
            host->close([&] {
                said += '!';
                CHECK(host->closed());
                CHECK_THROWS_AS(create_task(wait_long(said)), std::logic_error);
                CHECK(skein::run(skein::gather(skein::sleep(0ms))) == std::tuple<std::monostate>());
            });
    });
    CHECK_FALSE(host->closed());
    loop.run();
    CHECK(said == "ce!");
    CHECK_THROWS_AS(host->close(), std::logic_error);
}

TEST_CASE("a host that is dropped closes by itself, and another one takes its place then") {
    program_loop loop;
    std::string said;
    {
        const uv_host host(loop.get());
        create_task(wait_long(said));
        uv_run(loop.get(), UV_RUN_NOWAIT);
    }
    CHECK_THROWS_AS(uv_host(loop.get()), std::logic_error);  // still closing
    loop.run();
    CHECK(said == "ce");
    {
        const uv_host again(loop.get());
        create_task(append(said, 'x', 1));
        loop.run();
    }
    loop.run();
    CHECK(said == "cex");
}

TEST_CASE("a task may close its host, and wait for nothing of it") {
    program_loop loop;
    std::string said;
    uv_host host(loop.get());
    const auto closes = [&]() -> task<> {
        co_await skein::sleep(1ms);
        host.close([&] { said += '!'; });
        try {
            co_await skein::sleep(1h);
        } catch (const skein::cancelled_error&) {
            said += 'c';
            throw;
        }
    };
    create_task(closes());
    loop.run();
    CHECK(said == "c!");
}

TEST_CASE("a task that is created while a host closes is cancelled, too") {
    program_loop loop;
    std::string said;
    uv_host host(loop.get());
    host.close([&] { said += '!'; });
    create_task(wait_long(said));
    loop.run();
    CHECK(said.back() == '!');
}

TEST_CASE("two loops in a thread are a logic_error, in either order") {
    program_loop loop;
    {
        uv_host host(loop.get());
        CHECK_THROWS_AS(skein::run(skein::sleep(1ms)), std::logic_error);
        CHECK_THROWS_AS(uv_host(loop.get()), std::logic_error);
    }
    loop.run();
    skein::run([&]() -> task<> {
        CHECK_THROWS_AS(uv_host(loop.get()), std::logic_error);
        co_return;
    });
}

TEST_CASE("a remote reaches a hosted loop, but does not keep it running") {
    program_loop loop;
    std::string said;
    {
        uv_host host(loop.get());
        const auto here = skein::this_remote();
        loop.run();
        CHECK(here.post([&] { said += 'p'; }));
        const ticker own(loop.get(), 3, [] {});
        loop.run();
        CHECK(said == "p");

        std::promise<int> answer;
        const auto keep = [&]() -> task<> {
            const auto answered = [&] { return answer.get_future().get(); };
            CHECK(co_await skein::to_thread(answered) == 2);
        };
        create_task(keep());
        std::thread other([&] {
            const auto two = []() -> task<int> { co_return 2; };
            answer.set_value(here.submit(two).get());
        });
        loop.run();
        other.join();
        host.close();
        loop.run();
        CHECK_FALSE(here.post([] {}));
    }
}

TEST_CASE("native_loop is the loop of run() or of the host") {
    CHECK_THROWS_AS(static_cast<void>(skein::native_loop()), std::logic_error);
    program_loop loop;
    {
        const uv_host host(loop.get());
        CHECK(skein::native_loop() == loop.get());
    }
    loop.run();
    skein::run([]() -> task<> {
        // A handle of the program's beside the tasks, closed before they end.
        struct timer {
            uv_timer_t handle{};
            skein::promise<> fired;
            skein::promise<> closed;
        } own;
        uv_timer_init(skein::native_loop(), &own.handle);
        own.handle.data = &own;
        uv_timer_start(
            &own.handle, [](uv_timer_t* handle) { static_cast<timer*>(handle->data)->fired.set_value(); }, 1,
            0);
        auto fired = own.fired.get_future();
        co_await fired;
        uv_close(reinterpret_cast<uv_handle_t*>(&own.handle),
                 [](uv_handle_t* handle) { static_cast<timer*>(handle->data)->closed.set_value(); });
        auto closed = own.closed.get_future();
        co_await closed;
    });
}

TEST_CASE("exceptions that nobody can receive go to the host's handler") {
    program_loop loop;
    std::vector<std::string> contexts;
    skein::run_options options;
    options.exception_handler = [&](std::string_view context, const std::exception_ptr&) {
        contexts.emplace_back(context);
    };
    {
        const uv_host host(loop.get(), options);
        const auto fails = []() -> task<> {
            throw std::runtime_error("x");
            co_return;
        };
        create_task(fails());
        loop.run();
    }
    loop.run();
    REQUIRE(contexts.size() == 1);
    CHECK(contexts[0].find("nobody awaited") != std::string::npos);
}
