// The picture of all tasks: who awaits whom, for how long, in which functions.
#include "virtual_loop.hpp"

#include <skein/dump_tasks.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task_group.hpp>
#include <skein/this_task.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::dump_tasks;
using skein::task;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

/// The lines of a dump without what is not ours to say: the places in files, and the library's own frames.
std::vector<std::string> lines_of(const std::string& dump) {
    std::vector<std::string> lines;
    std::istringstream in(dump);
    for (std::string line; std::getline(in, line);) {
        if (line.find("skein::detail::") != line.npos || line.find("_scope::run") != line.npos) continue;
        for (const std::string unnamed : {"{anonymous}::", "(anonymous namespace)::"})
            if (const auto at = line.find(unnamed); at != line.npos) line.erase(at, unnamed.size());
        if (line.ends_with(')')) line.erase(line.rfind(" ("));
        lines.push_back(line);
    }
    return lines;
}
bool has_line(const std::string& dump, const std::string& line) {
    const auto lines = lines_of(dump);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

task<> nap() {
    co_await skein::sleep(60s);
}
task<int> long_nap() {
    co_await nap();
    co_return 1;
}
task<> look_after(skein::clock::duration when, std::string& dump) {
    co_await skein::sleep(when);
    dump = dump_tasks();
}

}  // namespace

TEST_CASE("a tree: tasks under those who wait for them, with age, wait, and functions inside out") {
    std::string dump;
    const auto main = [](std::string& out) -> task<> {
        co_await skein::gather(long_nap(), look_after(1500ms, out));
    };
    run_virtual(main(dump));
    CAPTURE(dump);
    const auto lines = lines_of(dump);
    REQUIRE(lines.size() == 7);
    CHECK(lines[0] == "- main task, 1.5 s old, waiting for 2 tasks");
    CHECK(lines[1].starts_with("    at "));
    CHECK(lines[2] == "    - task, 1.5 s old, sleeping, 58.5 s left");
    CHECK(lines[3] == "        at nap");
    CHECK(lines[4] == "        at long_nap");
    CHECK(lines[5] == "    - task, 1.5 s old, running");
    CHECK(lines[6] == "        at look_after");  // who called dump_tasks()
    CHECK(dump.find("look_after (test_dump_tasks.cpp:") != dump.npos);
}

TEST_CASE("a task of create_task says its name and where it was created, and whose future it awaits") {
    std::string dump;
    const auto waiter = [](skein::future<> on) -> task<> { co_await on; };
    run_virtual([&]() -> task<> {
        auto sleeper = create_task(nap(), "sleeper");
        auto unnamed = create_task(waiter(sleeper));
        auto third = create_task(waiter(unnamed), "third");
        skein::promise<> promise;
        auto fourth = create_task(waiter(promise.get_future()), "fourth");
        co_await skein::yield();
        dump = dump_tasks();
        sleeper.cancel();
        promise.set_value();
        co_await fourth;
    });
    CAPTURE(dump);
    CHECK(has_line(dump, "- task \"sleeper\", 0 ms old, sleeping, 1 min 0 s left"));
    CHECK(has_line(dump, "- task, 0 ms old, awaiting the future of task \"sleeper\""));
    CHECK(dump.find("\"third\", 0 ms old, awaiting the future of a task created at test_dump_tasks.cpp:") !=
          dump.npos);
    CHECK(has_line(dump, "- task \"fourth\", 0 ms old, awaiting a promise"));
    CHECK(dump.find("created in ") != dump.npos);
}

TEST_CASE("running, ready, not begun, and being cancelled are told apart") {
    std::string dump;
    const auto wait_for_it = [](skein::future<> on) -> task<> { co_await on; };
    run_virtual([&]() -> task<> {
        skein::promise<> promise;
        create_task(wait_for_it(promise.get_future()), "woken by a future");
        create_task(skein::yield(), "woken");
        auto cancelled = create_task(skein::with_cleanup(nap, nap), "cancelled");
        co_await skein::yield();
        promise.set_value();
        cancelled.cancel();
        co_await skein::yield();
        create_task(nap(), "new");
        auto never = create_task(nap(), "never");
        never.cancel();
        dump = dump_tasks();
    });
    CAPTURE(dump);
    CHECK(has_line(dump, "- main task, 0 ms old, running"));
    CHECK(has_line(dump, "- task \"cancelled\", 0 ms old, waiting for 1 task, being cancelled"));
    CHECK(has_line(dump, "- task \"new\", 0 ms old, not begun"));
    CHECK(has_line(dump, "- task \"never\", 0 ms old, not begun, being cancelled"));

    run_virtual([&]() -> task<> {
        skein::promise<> promise;
        create_task(wait_for_it(promise.get_future()), "woken by a future");
        co_await skein::yield();
        promise.set_value();
        dump = dump_tasks();
    });
    CHECK(has_line(dump, "- task \"woken by a future\", 0 ms old, ready"));
}

TEST_CASE("groups, time limits and shields have their tasks below them") {
    std::string dump;
    const auto body = [&](skein::task_group& group) -> task<> {
        group.create_task(nap(), "member");
        co_await skein::wait_for(skein::shield(look_after(1s, dump)), 1h);
    };
    run_virtual([&]() -> task<> { co_await skein::with_task_group(std::ref(body)); });
    CAPTURE(dump);
    const auto lines = lines_of(dump);
    CHECK(has_line(dump, "    - task \"member\", 1 s old, sleeping, 59 s left"));
    CHECK(has_line(dump, "    - task, 1 s old, waiting for 1 task"));      // the body, in wait_for
    CHECK(has_line(dump, "        - task, 1 s old, waiting for 1 task"));  // in shield
    CHECK(has_line(dump, "            - task, 1 s old, running"));
}

TEST_CASE("a task may name itself, whoever created it") {
    std::string dump;
    const auto child = [](std::string name, std::string& out) -> task<> {
        CHECK(skein::this_task::name() == "");
        skein::this_task::set_name("first try");
        skein::this_task::set_name(name);
        CHECK(skein::this_task::name() == name);
        co_await skein::sleep(1s);
        if (out.empty()) out = dump_tasks();
    };
    run_virtual([&]() -> task<> {
        skein::this_task::set_name("root");
        auto named = create_task(child("of create_task", dump));
        co_await skein::gather(child("of gather", dump), nap());
        co_await named;
    });
    CAPTURE(dump);
    CHECK(dump.find("main task \"root\"") != dump.npos);
    CHECK(dump.find("- task \"of create_task\", 1 s old") != dump.npos);
    CHECK(dump.find("    - task \"of gather\", 1 s old") != dump.npos);
    CHECK_THROWS_AS((void)skein::this_task::name(), std::logic_error);
    CHECK_THROWS_AS(skein::this_task::set_name("nobody"), std::logic_error);
}

TEST_CASE("a name given in create_task can be changed, and survives the task in its future") {
    virtual_loop loop;
    const auto fails = []() -> task<> {
        CHECK(skein::this_task::name() == "before");
        skein::this_task::set_name("after");
        throw std::runtime_error("nobody looks");
        co_return;
    };
    loop.run([&]() -> task<> {
        create_task(fails(), "before");
        co_await skein::yield();
    }());
    REQUIRE(loop.reports().size() == 1);
    CHECK(loop.reports()[0].find("(after), created at") != std::string::npos);
}

TEST_CASE("a chain of a hundred thousand awaits, and as many nested tasks, do not overflow the stack") {
    std::string dump;
    struct nest {
        static task<> awaits(int depth, std::string& out) {
            if (depth == 0) {
                co_await skein::yield();
                out = dump_tasks();
                co_await skein::yield();
            } else {
                co_await awaits(depth - 1, out);
            }
        }
        static task<> tasks(int depth) {
            if (depth == 0)
                co_await nap();
            else
                co_await skein::wait_for(tasks(depth - 1), 1h);
        }
    };
    const auto dump_later = [](std::string& out) -> task<> {
        co_await skein::yield();
        out = dump_tasks();
    };
    run_virtual([&]() -> task<> {
        std::string inside;
        co_await skein::gather(nest::awaits(100'000, inside), dump_later(dump));
    });
    CHECK(std::count(dump.begin(), dump.end(), '\n') < 50);
    CHECK(dump.find("    at 99969 more\n") != dump.npos);

    constexpr int deep = 2000;
    run_virtual([&]() -> task<> {
        auto top = create_task(nest::tasks(deep));
        co_await skein::sleep(1s);
        dump = dump_tasks();
        CHECK(top.cancel());
    });
    CHECK(std::count(dump.begin(), dump.end(), '\n') > deep);
}

TEST_CASE("tasks that end while others look are seen as ending, not by their frames") {
    std::string dump;
    struct looks_at_end {
        std::string& out;
        bool armed = true;
        explicit looks_at_end(std::string& o) : out(o) {}
        looks_at_end(looks_at_end&& other) noexcept
            : out(other.out), armed(std::exchange(other.armed, false)) {}
        ~looks_at_end() {
            if (armed) out = dump_tasks();
        }
    };
    const auto child = [](looks_at_end) -> task<> { co_await skein::yield(); };
    run_virtual([&]() -> task<> { co_await skein::gather(child(looks_at_end(dump)), skein::sleep(1s)); });
    CAPTURE(dump);
    CHECK(has_line(dump, "    - task, 0 ms old, ending"));
}

TEST_CASE("without a loop there is nothing to see") {
    CHECK(dump_tasks() == "no loop runs in this thread\n");
}
