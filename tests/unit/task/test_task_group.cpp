// with_task_group: tasks that belong to a block.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/error.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task_group.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::exception_group;
using skein::task;
using skein::task_group;
using skein::with_task_group;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::fail_when_cancelled;
using skein::tests::run_virtual;
using skein::tests::virtual_loop;

namespace {

task<> note_cancel(bool& cancelled) {
    try {
        co_await skein::sleep(1h);
    } catch (const cancelled_error&) {
        cancelled = true;
        throw;
    }
}

std::string whats(const exception_group& group) {
    std::string all;
    for (const auto& one : group.exceptions()) {
        try {
            std::rethrow_exception(one);
        } catch (const std::exception& e) {
            all.append(e.what()).append(";");
        }
    }
    return all;
}

}  // namespace

TEST_CASE("a group gives what its body gives, after all its tasks have ended") {
    run_virtual([&]() -> task<> {
        const auto body = [](task_group& group) -> task<int> {
            auto one = group.create_task(after(1s, 1), "one");
            auto two = group.create_task(after(2s, 2));
            group.create_task(after(5s, 3));
            co_return co_await one + co_await two;
        };
        CHECK(co_await with_task_group(body) == 3);
        CHECK(virtual_loop::elapsed() == 5s);
    });
}

TEST_CASE("a group without tasks") {
    run_virtual([&]() -> task<> { co_await with_task_group([](task_group&) -> task<> { co_return; }); });
}

TEST_CASE("tasks of a group may create others, also after the body has ended") {
    run_virtual([&]() -> task<> {
        int sum = 0;
        const auto leaf = [&](int n) -> task<> {
            co_await skein::sleep(1s);
            sum += n;
        };
        const auto parent = [&](task_group& group) -> task<> {
            co_await skein::sleep(1s);
            group.create_task(leaf, 1);
            group.create_task(leaf, 2);
        };
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(parent, std::ref(group));
            co_return;
        };
        co_await with_task_group(body);
        CHECK(sum == 3);
    });
}

TEST_CASE("a body may be a plain function that creates tasks and gives one") {
    run_virtual([&]() -> task<> {
        const auto body = [](task_group& group) {
            group.create_task(after(3s, 1));
            return after(1s, 2);
        };
        CHECK(co_await with_task_group(body) == 2);
        CHECK(virtual_loop::elapsed() == 3s);
        bool cancelled = false;
        const auto throws = [&](task_group& group) -> task<> {
            group.create_task(note_cancel(cancelled));
            throw std::runtime_error("before");
        };
        CHECK_THROWS_AS(co_await with_task_group(throws), exception_group);
    });
}

TEST_CASE("the first failure cancels the others and the body; all failures come together") {
    run_virtual([&]() -> task<> {
        bool other_cancelled = false, body_cancelled = false;
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(fail_after(1s, "first"));
            group.create_task(note_cancel(other_cancelled));
            group.create_task(fail_when_cancelled("second"));
            co_await note_cancel(body_cancelled);
        };
        try {
            co_await with_task_group(body);
            FAIL("no error");
        } catch (const exception_group& group) {
            CHECK(whats(group) == "first;second;");
            CHECK(std::string(group.what()) == "2 tasks of a group failed: first");
        }
        CHECK(other_cancelled);
        CHECK(body_cancelled);
        CHECK(virtual_loop::elapsed() == 1s);
        co_await skein::sleep(1s);  // the owner is not cancelled
    });
}

TEST_CASE("an error of the body cancels the tasks and is one of the group") {
    run_virtual([&]() -> task<> {
        bool cancelled = false;
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(note_cancel(cancelled));
            co_await fail_after(1s, "body");
        };
        try {
            co_await with_task_group(body);
            FAIL("no error");
        } catch (const exception_group& group) {
            CHECK(whats(group) == "body;");
            CHECK(std::string(group.what()) == "1 task of a group failed: body");
        }
        CHECK(cancelled);
    });
}

TEST_CASE("after a failure create_task is a logic_error, and the task never begins") {
    run_virtual([&]() -> task<> {
        bool began = false, refused = false;
        const auto late = [&]() -> task<> {
            began = true;
            co_return;
        };
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(fail_after(1s, "first"));
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {
                try {
                    group.create_task(late());
                } catch (const std::logic_error&) {
                    refused = true;
                }
                throw;
            }
        };
        CHECK_THROWS_AS(co_await with_task_group(body), exception_group);
        CHECK(refused);
        CHECK_FALSE(began);
    });
}

TEST_CASE("once all have ended, create_task is a logic_error even before the owner goes on") {
    run_virtual([&]() -> task<> {
        bool refused = false;
        const auto body = [&](task_group& group) -> task<> {
            // In the ready queue before the owner, which is woken by the end of this body.
            skein::promise<> before;
            before.get_future().add_done_callback([&refused, &group] {
                try {
                    group.create_task(after(1s, 2));
                } catch (const std::logic_error&) {
                    refused = true;
                }
            });
            before.set_value();
            co_return;
        };
        co_await with_task_group(body);
        CHECK(refused);
        CHECK(virtual_loop::elapsed() == 0s);
    });
}

TEST_CASE("cancelling one task of a group ends that task only") {
    run_virtual([&]() -> task<> {
        const auto body = [](task_group& group) -> task<int> {
            auto doomed = group.create_task(after(1h, 1));
            auto other = group.create_task(after(2s, 2));
            co_await skein::sleep(1s);
            doomed.cancel();
            co_return co_await other;
        };
        CHECK(co_await with_task_group(body) == 2);
    });
}

TEST_CASE("a body that ends cancelled cancels the tasks") {
    run_virtual([&]() -> task<> {
        bool cancelled = false;
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(note_cancel(cancelled));
            auto doomed = group.create_task(after(1h, 1));
            co_await skein::sleep(1s);
            doomed.cancel();
            co_await doomed;
        };
        CHECK_THROWS_AS(co_await with_task_group(body), cancelled_error);
        CHECK(cancelled);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("a cancel from outside cancels body and tasks, and waits for them") {
    run_virtual([&]() -> task<> {
        bool task_cancelled = false, body_cancelled = false, late_began = false;
        const auto late = [&]() -> task<> {
            late_began = true;
            co_return;
        };
        const auto body = [&](task_group& group) -> task<> {
            group.create_task(note_cancel(task_cancelled));
            try {
                co_await note_cancel(body_cancelled);
            } catch (const cancelled_error&) {
                CHECK(group.create_task(late()).cancel());  // taken in, but cancelled before it begins
                throw;
            }
        };
        auto work = skein::create_task(with_task_group(body));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
        CHECK(task_cancelled);
        CHECK(body_cancelled);
        CHECK_FALSE(late_began);
    });
}

TEST_CASE("errors while unwinding from an outside cancel are thrown, not lost") {
    run_virtual([&]() -> task<> {
        const auto body = [](task_group& group) -> task<> {
            group.create_task(fail_when_cancelled("unwinding"));
            co_await skein::sleep(1h);
        };
        auto work = skein::create_task(with_task_group(body));
        co_await skein::sleep(1s);
        work.cancel();
        CHECK_THROWS_AS(co_await work, exception_group);
    });
}

TEST_CASE("a group keeps its callable and arguments until all has ended") {
    run_virtual([&]() -> task<> {
        auto text = std::make_unique<std::string>("kept");
        const auto body = [](task_group& group, std::unique_ptr<std::string> mine) -> task<std::string> {
            group.create_task(after(2s, 1));
            co_await skein::sleep(1s);
            co_return *mine;
        };
        CHECK(co_await with_task_group(body, std::move(text)) == "kept");
    });
}

TEST_CASE("groups nest") {
    run_virtual([&]() -> task<> {
        const auto inner = [](task_group& group) -> task<> {
            group.create_task(fail_after(1s, "deep"));
            co_return;
        };
        bool cancelled = false;
        const auto outer = [&](task_group& group) -> task<> {
            group.create_task(note_cancel(cancelled));
            co_await with_task_group(inner);
        };
        try {
            co_await with_task_group(outer);
            FAIL("no error");
        } catch (const exception_group& group) {
            CHECK(whats(group) == "1 task of a group failed: deep;");
        }
        CHECK(cancelled);
    });
}
