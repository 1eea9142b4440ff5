// Task-local values: who sees what was set where, and that nothing of it is left.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task_group.hpp>
#include <skein/task_local.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::task;
using skein::tests::run_virtual;

namespace {

skein::task_local<std::string> color("grey");
skein::task_local<int> number;

task<std::string> see() {
    co_return color.get();
}
task<std::string> see_late() {
    co_await skein::sleep(1s);
    co_return color.get();
}
task<> paint(std::string with) {
    const auto set = color.set(std::move(with));
    co_await skein::sleep(1s);
}

}  // namespace

TEST_CASE("a value holds until what set() gave is gone, and is seen by what is awaited") {
    run_virtual([]() -> task<> {
        CHECK(color.get() == "grey");
        CHECK(number.get() == 0);
        {
            const auto red = color.set("red");
            const auto one = number.set(1);
            CHECK(color.get() == "red");
            CHECK(co_await see_late() == "red");
            {
                const auto blue = color.set("blue");
                CHECK(co_await see() == "blue");
                CHECK(number.get() == 1);
            }
            CHECK(co_await see() == "red");
        }
        CHECK(color.get() == "grey");
        CHECK(number.get() == 0);
    });
}

TEST_CASE("every kind of child begins with what its creator saw when it made it") {
    run_virtual([]() -> task<> {
        std::optional<skein::future<std::string>> late;
        {
            const auto red = color.set("red");
            late = create_task(see_late());
        }
        const auto blue = color.set("blue");
        CHECK(co_await *late == "red");
        auto [first, second] = co_await skein::gather(see(), see_late());
        CHECK(first == "blue");
        CHECK(second == "blue");
        CHECK(co_await skein::wait_for(see_late(), 1h) == "blue");
        CHECK(co_await skein::shield(see_late()) == "blue");
        CHECK(co_await skein::with_timeout(1h, see_late) == "blue");
        const auto body = [](skein::task_group& group) -> task<std::string> {
            const auto green = color.set("green");
            auto member = group.create_task(see_late());
            co_return co_await member;
        };
        CHECK(co_await skein::with_task_group(body) == "green");
        CHECK(color.get() == "blue");
    });
}

TEST_CASE("the children that a limit held back see what the first ones saw") {
    run_virtual([]() -> task<> {
        const auto red = color.set("red");
        std::vector<task<std::string>> work;
        for (int i = 0; i < 5; ++i) work.push_back(see_late());
        for (const auto& seen : co_await skein::gather(std::move(work), 2)) CHECK(seen == "red");
    });
}

TEST_CASE("what a child sets is not seen by its creator and its siblings") {
    run_virtual([]() -> task<> {
        const auto grey = color.set("light grey");
        auto painting = create_task(paint("red"));
        auto [none, seen, also_none] = co_await skein::gather(paint("blue"), see_late(), paint("green"));
        CHECK(seen == "light grey");
        CHECK(color.get() == "light grey");
        co_await painting;
        CHECK(color.get() == "light grey");
    });
}

TEST_CASE("a cancelled task takes its values along") {
    run_virtual([]() -> task<> {
        const auto red = color.set("red");
        auto painting = create_task(paint("blue"));
        co_await skein::yield();
        painting.cancel();
        CHECK_THROWS_AS(co_await painting, skein::cancelled_error);
        CHECK(color.get() == "red");
    });
}

TEST_CASE("a done-callback sees what was there when it was added") {
    std::string seen;
    run_virtual([&]() -> task<> {
        auto done = create_task(skein::sleep(1s));
        {
            const auto red = color.set("red");
            done.add_done_callback([&] {
                seen = color.get();
                const auto inside = color.set("blue");
                create_task(skein::yield());
            });
        }
        co_await done;
        co_await skein::yield();
        CHECK(color.get() == "grey");
    });
    CHECK(seen == "red");
}

TEST_CASE("outside a loop a thread has values of its own, which a loop in it begins with") {
    CHECK(color.get() == "grey");
    const auto red = color.set("red");
    CHECK(color.get() == "red");
    std::thread([] { CHECK(color.get() == "grey"); }).join();
    run_virtual([]() -> task<> {
        CHECK(color.get() == "red");
        const auto blue = color.set("blue");
        co_await skein::yield();
        CHECK(color.get() == "blue");
    });
    CHECK(color.get() == "red");
}

TEST_CASE("a value lives as long as somebody sees it, and no longer") {
    skein::task_local<std::shared_ptr<int>> local;
    auto value = std::make_shared<int>(7);
    const std::weak_ptr<int> watch = value;
    run_virtual([&]() -> task<> {
        const auto look = [&]() -> task<> {
            co_await skein::sleep(1s);
            CHECK(*local.get() == 7);
        };
        std::optional<skein::future<>> child;
        {
            const auto set = local.set(std::move(value));
            child = create_task(look());
        }
        CHECK(local.get() == nullptr);
        CHECK_FALSE(watch.expired());
        co_await *child;
        CHECK(watch.expired());
    });
}

TEST_CASE("values of two task-locals of one type do not mix, nor those of one that came after another") {
    std::optional<skein::task_local<int>> first(std::in_place, 1);
    const auto* const place = &*first;
    const auto set = first->set(10);
    first.emplace(2);
    REQUIRE(&*first == place);
    CHECK(first->get() == 2);
}

TEST_CASE("a hundred thousand values, each set by the task of the one before, are let go without recursion") {
    struct nest {
        static task<> deeper(int left) {
            const auto set = number.set(left);
            if (left > 0) create_task(deeper(left - 1));
            co_await skein::yield();
        }
    };
    run_virtual([]() -> task<> {
        co_await nest::deeper(100'000);
        co_await skein::sleep(1s);
    });
    CHECK(number.get() == 0);
}
