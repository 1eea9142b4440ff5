// queue and semaphore against models that are too simple to be wrong, over random calls: tasks that begin,
// wait, are served, and are cancelled at any of these points; try_ functions in between; a shutdown at the
// end.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/queue.hpp>
#include <skein/semaphore.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using skein::create_task;
using skein::future;
using skein::queue;
using skein::semaphore;
using skein::task;
using skein::tests::run_virtual;

namespace {

enum class fate { not_begun, waiting, served, cancelled, refused };

/// What became of a task that puts, gets or acquires.
template <class T>
fate fate_of(future<T>& task) {
    if (!task.done()) return fate::waiting;
    if (task.cancelled()) return fate::cancelled;
    return task.exception() ? fate::refused : fate::served;
}

class dice {
public:
    explicit dice(unsigned seed) : generator_(seed) {}
    std::size_t below(std::size_t n) { return generator_() % n; }

private:
    std::mt19937 generator_;
};

void remove(std::deque<std::size_t>& from, std::size_t who) {
    from.erase(std::remove(from.begin(), from.end(), who), from.end());
}

/// One queue, driven and predicted. A call is a put or a get, by its index in `calls_`.
class queue_run {
public:
    queue_run(unsigned seed, std::size_t maxsize) : dice_(seed), maxsize_(maxsize), queue_(maxsize) {}

    task<> run() {
        for (int step = 0; step < 300; ++step) {
            switch (dice_.below(8)) {
                case 0:
                case 1:
                    start_put();
                    break;
                case 2:
                case 3:
                    start_get();
                    break;
                case 4:
                    cancel_one();
                    break;
                case 5:
                    try_put();
                    break;
                case 6:
                    try_get();
                    break;
                default:
                    co_await skein::yield();
                    begin_all();
            }
            if (dice_.below(20) == 0) co_await compare();
        }
        co_await compare();
        shut_down(dice_.below(2) == 0);
        co_await compare();
    }

private:
    struct call {
        bool puts;
        int item;  // put, or expected
        future<int> task;
        fate expected = fate::not_begun;
    };

    task<int> put(int item) {
        co_await queue_.put(item);
        co_return item;
    }
    void start_put() {
        const int item = next_item_++;
        not_begun_.push_back(calls_.size());
        calls_.push_back(call{true, item, create_task(put(item))});
    }
    void start_get() {
        not_begun_.push_back(calls_.size());
        calls_.push_back(call{false, -1, create_task(queue_.get())});
    }
    void try_put() {
        const int item = next_item_++;
        CHECK(queue_.try_put(item) == model_put(item));
    }
    void try_get() {
        const auto got = queue_.try_get();
        if (items_.empty())
            CHECK_FALSE(got);
        else
            CHECK(got == model_take());
    }
    void cancel_one() {
        if (calls_.empty()) return;
        const std::size_t who = calls_.size() - 1 - dice_.below(std::min<std::size_t>(calls_.size(), 20));
        call& one = calls_[who];
        one.task.cancel();
        if (one.expected != fate::not_begun && one.expected != fate::waiting) return;
        one.expected = fate::cancelled;
        for (auto* line : {&not_begun_, &getters_, &putters_}) remove(*line, who);
    }
    void shut_down(bool immediate) {
        queue_.shutdown(immediate);
        for (auto* line : {&getters_, &putters_}) {
            for (const std::size_t who : *line) calls_[who].expected = fate::refused;
            line->clear();
        }
        if (immediate) items_.clear();
    }

    // ---- the model

    bool model_put(int item) {
        if (!getters_.empty()) {
            calls_[getters_.front()].expected = fate::served;
            calls_[getters_.front()].item = item;
            getters_.pop_front();
            return true;
        }
        if (maxsize_ != 0 && items_.size() == maxsize_) return false;
        items_.push_back(item);
        return true;
    }
    int model_take() {
        const int item = items_.front();
        items_.pop_front();
        if (!putters_.empty()) {
            calls_[putters_.front()].expected = fate::served;
            items_.push_back(calls_[putters_.front()].item);
            putters_.pop_front();
        }
        return item;
    }
    /// What tasks do that have begun by now, in the order in which they were made.
    void begin_all() {
        for (const std::size_t who : std::exchange(not_begun_, {})) {
            call& one = calls_[who];
            if (one.puts && !model_put(one.item)) {
                one.expected = fate::waiting;
                putters_.push_back(who);
            } else if (!one.puts && items_.empty()) {
                one.expected = fate::waiting;
                getters_.push_back(who);
            } else {
                one.expected = fate::served;
                if (!one.puts) one.item = model_take();
            }
        }
    }
    task<> compare() {
        co_await skein::yield();
        begin_all();
        co_await skein::sleep(1ms);
        bool same = queue_.size() == items_.size();
        for (call& one : calls_) {
            same = same && fate_of(one.task) == one.expected;
            if (same && one.expected == fate::served) same = one.task.result() == one.item;
        }
        CHECK(same);
    }

    dice dice_;
    std::size_t maxsize_;
    queue<int> queue_;
    std::vector<call> calls_;
    int next_item_ = 0;

    std::deque<int> items_;
    std::deque<std::size_t> not_begun_;
    std::deque<std::size_t> getters_;
    std::deque<std::size_t> putters_;
};

/// One semaphore, driven and predicted.
class semaphore_run {
public:
    semaphore_run(unsigned seed, std::size_t permits)
        : dice_(seed), semaphore_(static_cast<std::ptrdiff_t>(permits)), available_(permits) {}

    task<> run() {
        for (int step = 0; step < 300; ++step) {
            switch (dice_.below(7)) {
                case 0:
                case 1:
                    start();
                    break;
                case 2:
                    cancel_one();
                    break;
                case 3:
                    try_acquire();
                    break;
                case 4:
                    give_back();
                    break;
                case 5:
                    if (dice_.below(8) == 0) {
                        semaphore_.release();
                        model_release();
                    }
                    break;
                default:
                    co_await skein::yield();
                    begin_all();
            }
            if (dice_.below(20) == 0) co_await compare();
        }
        for (std::size_t who = 0; who < calls_.size(); ++who) cancel(who);
        co_await compare();
    }

private:
    struct call {
        future<semaphore::permit> task;
        fate expected = fate::not_begun;
    };

    void start() {
        not_begun_.push_back(calls_.size());
        calls_.push_back(call{create_task(semaphore_.acquire())});
    }
    void try_acquire() {
        auto permit = semaphore_.try_acquire();
        CHECK(static_cast<bool>(permit) == (available_ > 0));
        if (available_ == 0) return;
        --available_;
        held_.push_back(std::move(permit));
    }
    /// Of a task that has it by now, or of try_acquire().
    void give_back() {
        for (call& one : calls_) {
            if (fate_of(one.task) == fate::served && !given_back(one)) {
                one.task.result().release();
                given_back_.push_back(&one - calls_.data());
                return model_release();
            }
        }
        if (held_.empty()) return;
        held_.pop_back();
        model_release();
    }
    bool given_back(const call& one) const {
        return std::find(given_back_.begin(), given_back_.end(), &one - calls_.data()) != given_back_.end();
    }
    void cancel_one() {
        if (calls_.empty()) return;
        cancel(calls_.size() - 1 - dice_.below(std::min<std::size_t>(calls_.size(), 20)));
    }
    void cancel(std::size_t who) {
        call& one = calls_[who];
        one.task.cancel();
        if (one.expected != fate::not_begun && one.expected != fate::waiting) return;
        one.expected = fate::cancelled;
        for (auto* line : {&not_begun_, &line_}) remove(*line, who);
    }

    // ---- the model

    void model_release() {
        if (line_.empty()) {
            ++available_;
            return;
        }
        calls_[line_.front()].expected = fate::served;
        line_.pop_front();
    }
    void begin_all() {
        for (const std::size_t who : std::exchange(not_begun_, {})) {
            if (available_ == 0) {
                calls_[who].expected = fate::waiting;
                line_.push_back(who);
            } else {
                calls_[who].expected = fate::served;
                --available_;
            }
        }
    }
    task<> compare() {
        co_await skein::yield();
        begin_all();
        co_await skein::sleep(1ms);
        bool same = semaphore_.available() == available_;
        for (call& one : calls_) same = same && fate_of(one.task) == one.expected;
        CHECK(same);
    }

    dice dice_;
    semaphore semaphore_;
    std::vector<call> calls_;
    std::vector<semaphore::permit> held_;
    std::vector<std::ptrdiff_t> given_back_;

    std::size_t available_;
    std::deque<std::size_t> not_begun_;
    std::deque<std::size_t> line_;
};

}  // namespace

TEST_CASE("a queue does what its model does: no item is lost, given twice, or passed") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        run_virtual([&]() -> task<> {
            queue_run one(seed, seed % 4);
            co_await one.run();
        });
    }
}

TEST_CASE("a semaphore does what its model does: no permit is lost, given twice, or passed") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        run_virtual([&]() -> task<> {
            semaphore_run one(seed, seed % 4);
            co_await one.run();
        });
    }
}
