// gather, settle and as_completed over ranges that make their tasks while they are walked.
#include "tasks.hpp"
#include "virtual_loop.hpp"

#include <skein/as_completed.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::as_completed;
using skein::cancelled_error;
using skein::create_task;
using skein::gather;
using skein::outcome;
using skein::settle;
using skein::task;
using skein::tests::after;
using skein::tests::fail_after;
using skein::tests::gauge;
using skein::tests::measured;
using skein::tests::run_virtual;
using skein::tests::unwind_slowly;
using skein::tests::virtual_loop;
using std::views::iota;
using std::views::transform;

namespace {

// How many live at once; an argument of a coroutine lives as long as its frame.
struct census {
    long living = 0, most = 0, made = 0;
};
class citizen {
public:
    explicit citizen(census& c) : census_(&c) { arrive(); }
    citizen(const citizen& other) : census_(other.census_) { arrive(); }
    citizen& operator=(const citizen&) = delete;
    ~citizen() { --census_->living; }

private:
    void arrive() {
        census_->most = std::max(census_->most, ++census_->living);
        ++census_->made;
    }
    census* census_;
};
task<int> live(const citizen, int value) {
    co_await skein::yield();
    co_return value;
}

// A range that can be walked once: each step makes the next task, and may fail.
class one_way {
public:
    one_way(gauge& g, int count, int fails_at = -1) : g_(&g), count_(count), fails_at_(fails_at) {}

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = task<int>;
        using difference_type = std::ptrdiff_t;
        explicit iterator(one_way& owner) : owner_(&owner) {}
        iterator(iterator&&) = default;
        iterator& operator=(iterator&&) = default;
        task<int> operator*() const { return measured(*owner_->g_, owner_->at_); }
        iterator& operator++() {
            owner_->step();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return owner_->at_ == owner_->count_; }

    private:
        one_way* owner_;
    };
    iterator begin() {
        step();
        return iterator(*this);
    }
    std::default_sentinel_t end() const { return {}; }
    int steps() const { return at_ + 1; }

private:
    void step() {
        if (++at_ == fails_at_) throw std::runtime_error("step");
    }
    gauge* g_;
    int count_, fails_at_;
    int at_ = -1;
};

// What there is to walk: a range of five, of which the fourth cannot be made.
auto broken_at_three(gauge& g, bool& ended) {
    return iota(0, 5) | transform([&](int i) {
               if (i == 3) throw std::runtime_error("made");
               return i == 2 ? unwind_slowly(5s, ended) : measured(g, i);
           });
}

}  // namespace

TEST_CASE("settle, gather and as_completed take a view that makes its tasks") {
    run_virtual([&]() -> task<> {
        const std::vector<std::string> names = {"a", "bb", "ccc"};
        const auto length = [](const std::string& name) -> task<std::size_t> {
            co_await skein::sleep(std::chrono::seconds(10 - name.size()));
            co_return name.size();
        };
        auto outcomes = co_await settle(names | transform(length), 2);
        REQUIRE(outcomes.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) CHECK(outcomes[i].value() == i + 1);
        const auto lengths = co_await gather(names | transform(length), 2);
        CHECK(lengths == std::vector<std::size_t>({1, 2, 3}));
        std::string order;
        const auto note = [&](outcome<std::size_t> one) -> task<> {
            order += std::to_string(one.value());
            co_return;
        };
        co_await as_completed(names | transform(length), 2, note);
        CHECK(order == "213");
    });
}

TEST_CASE("a task is made when a place is free for it, not before") {
    for (const std::size_t limit : {std::size_t(1), std::size_t(3), std::size_t(100)}) {
        run_virtual([&]() -> task<> {
            census c;
            gauge g;
            int ended = 0, made = 0;
            const auto make = [&](int i) {
                CHECK(++made <= ended + static_cast<int>(limit));
                return measured(g, i);
            };
            const auto count = [&](int i) -> task<int> {
                const int value = co_await make(i);
                ++ended;
                co_return value;
            };
            const auto values = co_await gather(iota(0, 20) | transform(count), limit);
            CHECK(values.size() == 20);
            CHECK(values[19] == 19);
            CHECK(g.most == static_cast<int>(std::min<std::size_t>(limit, 20)));
        });
    }
}

TEST_CASE("a range that can be walked once is not walked ahead") {
    gauge g;
    one_way range(g, 10);
    virtual_loop loop;
    loop.run([&]() -> task<> {
        auto all = create_task(settle(std::views::all(range), 2));
        co_await skein::sleep(500ms);
        CHECK(range.steps() == 2);
        CHECK(g.begun == 2);
        auto outcomes = co_await all;
        CHECK(outcomes.size() == 10);
        CHECK(range.steps() == 11);
        std::istringstream numbers("3 1 2");
        const auto wait = [](int seconds) { return after(std::chrono::seconds(seconds), seconds); };
        auto values = co_await gather(std::views::istream<int>(numbers) | transform(wait), 2);
        CHECK(values == std::vector<int>({3, 1, 2}));
    }());
}

TEST_CASE("a million tasks are never more than the limit at once") {
    run_virtual([&]() -> task<> {
        census c;
        const auto make = [&](int i) { return live(citizen(c), i); };
        long sum = 0;
        const auto add = [&](outcome<int> one) -> task<> {
            sum += one.value();
            co_return;
        };
        co_await as_completed(iota(0, 1'000'000) | transform(make), 10, add);
        CHECK(sum == 499'999'500'000);
        CHECK(c.made >= 1'000'000);
        CHECK(c.most <= 11);  // one of them as an argument that is moved into its frame
        CHECK(c.living == 0);
    });
}

TEST_CASE("an endless range ends when each has had enough") {
    run_virtual([&]() -> task<> {
        gauge g;
        int taken = 0;
        const auto make = [&](int i) { return measured(g, i); };
        const auto until_ten = [&](outcome<int>) -> task<bool> { co_return ++taken < 10; };
        co_await as_completed(iota(0) | transform(make), 3, until_ten);
        CHECK(taken == 10);
        CHECK(g.begun <= 13);
    });
}

TEST_CASE("a range of tasks without a result: gather gives nothing, settle what became of each") {
    run_virtual([&]() -> task<> {
        int ran = 0;
        const auto count = [&](int i) -> task<> {
            co_await skein::sleep(1s);
            ++ran;
            if (i == 7) throw std::runtime_error("seven");
        };
        co_await gather(iota(0, 5) | transform(count), 2);
        CHECK(ran == 5);
        CHECK_THROWS_WITH(co_await gather(iota(5, 10) | transform(count), 2), "seven");
        auto outcomes = co_await settle(iota(5, 10) | transform(count), 2);
        REQUIRE(outcomes.size() == 5);
        CHECK(outcomes[1]);
        CHECK_FALSE(outcomes[2]);
    });
}

TEST_CASE("containers: tasks are moved out of one without a name, futures are copied out of any") {
    run_virtual([&]() -> task<> {
        std::list<task<int>> tasks;
        for (int i = 0; i < 4; ++i) tasks.push_back(after(std::chrono::seconds(4 - i), i));
        const auto values = co_await gather(std::move(tasks), 2);
        CHECK(values == std::vector<int>({0, 1, 2, 3}));
        std::vector<skein::future<int>> futures;
        for (int i = 0; i < 4; ++i) futures.push_back(create_task(after(std::chrono::seconds(4 - i), i)));
        const auto again = co_await gather(futures, skein::no_limit);
        CHECK(again == values);
        CHECK(futures[3].result() == 3);
        auto moved = co_await settle(std::move(futures), 1);
        CHECK(moved[2].value() == 2);
        const auto naps = iota(0, 3) | transform([](int) { return skein::sleep(1s); });
        co_await gather(naps, 3);
    });
    using skein::detail::task_range;
    static_assert(task_range<std::list<task<int>>>);
    static_assert(!task_range<std::list<task<int>>&>);  // its tasks would be gone without a word
    static_assert(!task_range<std::vector<task<int>>&>);
    static_assert(!task_range<std::vector<int>>);
}

TEST_CASE("a view is moved in, and the task may be awaited later and elsewhere") {
    run_virtual([&]() -> task<> {
        const auto start = [](gauge& g) {
            const auto make = [&g](int i) { return measured(g, i); };
            return settle(iota(0, 6) | transform(make), 2);
        };
        gauge g;
        auto later = create_task(start(g));
        co_await skein::sleep(1s);
        CHECK((co_await later).size() == 6);
    });
}

TEST_CASE("a range is walked by the task that awaits") {
    run_virtual([&]() -> task<> {
        const auto* const self = skein::detail::this_kernel.job;
        CHECK(self != nullptr);
        gauge g;
        const auto make = [&](int i) {
            CHECK(skein::detail::this_kernel.job == self);
            return measured(g, i);
        };
        const auto nothing = [](outcome<int>) -> task<> { co_return; };
        co_await gather(iota(0, 5) | transform(make), 2);
        co_await settle(iota(0, 5) | transform(make), 2);
        co_await as_completed(iota(0, 5) | transform(make), 2, nothing);
        CHECK(g.begun == 15);
    });
}

TEST_CASE(
    "a task that cannot be made ends all: the others are cancelled and waited for, the error is thrown") {
    for (int way = 0; way < 3; ++way) {
        gauge g;
        bool ended = false;
        run_virtual([&]() -> task<> {
            const auto nothing = [](outcome<int>) -> task<> { co_return; };
            if (way == 0) CHECK_THROWS_WITH(co_await gather(broken_at_three(g, ended), 3), "made");
            if (way == 1) CHECK_THROWS_WITH(co_await settle(broken_at_three(g, ended), 3), "made");
            if (way == 2)
                CHECK_THROWS_WITH(co_await as_completed(broken_at_three(g, ended), 3, nothing), "made");
            CHECK(virtual_loop::elapsed() == 6s);  // at 1 s there is a place for the third
        });
        CHECK(ended);
        CHECK(g.begun == 2);
    }
}

TEST_CASE("a range that fails at its beginning, or at a step") {
    run_virtual([&]() -> task<> {
        gauge g;
        one_way at_begin(g, 5, 0);
        CHECK_THROWS_WITH(co_await gather(std::views::all(at_begin), 2), "step");
        CHECK(g.begun == 0);
        one_way at_step(g, 5, 3);
        CHECK_THROWS_WITH(co_await settle(std::views::all(at_step), 2), "step");
        CHECK(g.begun == 3);
    });
}

TEST_CASE("an empty task in a range is a logic_error") {
    run_virtual([&]() -> task<> {
        gauge g;
        const auto make = [&](int i) { return i == 1 ? task<int>() : measured(g, i); };
        CHECK_THROWS_AS(co_await gather(iota(0, 3) | transform(make), 2), std::logic_error);
        CHECK_THROWS_AS(co_await settle(iota(0, 3) | transform(make), 2), std::logic_error);
    });
}

TEST_CASE("after an error in a gather the range is walked no further") {
    run_virtual([&]() -> task<> {
        int made = 0;
        const auto make = [&](int i) {
            ++made;
            return i == 1 ? fail_after<int>(1s, "no") : after(10s, i);
        };
        CHECK_THROWS_WITH(co_await gather(iota(0) | transform(make), 3), "no");
        CHECK(made == 3);
        CHECK(virtual_loop::elapsed() == 1s);
    });
}

TEST_CASE("cancelling a task that walks a range: all are cancelled, nothing more is made") {
    for (int way = 0; way < 3; ++way) {
        run_virtual([&]() -> task<> {
            int made = 0;
            bool ended = false;
            const auto make = [&](int i) {
                ++made;
                return i == 0 ? unwind_slowly(5s, ended) : after(1h, i);
            };
            const auto nothing = [](outcome<int>) -> task<> { co_return; };
            const auto walk = [&]() -> task<> {
                if (way == 0) co_await gather(iota(0) | transform(make), 3);
                if (way == 1) co_await settle(iota(0) | transform(make), 3);
                if (way == 2) co_await as_completed(iota(0) | transform(make), 3, nothing);
            };
            auto work = create_task(walk());
            co_await skein::sleep(1s);
            work.cancel();
            CHECK_THROWS_AS(co_await work, cancelled_error);
            CHECK(made == 3);
            CHECK(ended);
            CHECK(virtual_loop::elapsed() == 6s);
        });
    }
}

TEST_CASE("a limit of 0 for a range is an invalid_argument at the call") {
    const auto make = [](int i) { return after(1s, i); };
    const auto nothing = [](outcome<int>) -> task<> { co_return; };
    CHECK_THROWS_AS((void)gather(iota(0, 1) | transform(make), 0), std::invalid_argument);
    CHECK_THROWS_AS((void)settle(iota(0, 1) | transform(make), 0), std::invalid_argument);
    CHECK_THROWS_AS((void)as_completed(iota(0, 1) | transform(make), 0, nothing), std::invalid_argument);
}
