// The deadline queue as pure logic.
#include <skein/detail/deadline.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

using namespace std::chrono_literals;
using skein::detail::deadline;
using skein::detail::deadline_queue;

namespace {

struct node final : deadline {
    void on_deadline() noexcept override {}
};

skein::clock::time_point at(int tick) {
    return skein::clock::time_point(std::chrono::milliseconds(tick));
}

// The same queue as a sorted list.
class model {
public:
    void set(const deadline* node, skein::clock::time_point when) {
        clear(node);
        const auto later = [](skein::clock::time_point t, const entry& e) { return t < e.when; };
        entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), when, later), {when, node});
    }
    void clear(const deadline* node) {
        std::erase_if(entries_, [&](const entry& e) { return e.node == node; });
    }
    const deadline* pop_due(skein::clock::time_point now) {
        if (entries_.empty() || entries_.front().when > now) return nullptr;
        const auto* node = entries_.front().node;
        entries_.erase(entries_.begin());
        return node;
    }
    bool empty() const { return entries_.empty(); }
    skein::clock::time_point next() const { return entries_.front().when; }

private:
    struct entry {
        skein::clock::time_point when;
        const deadline* node;
    };
    std::vector<entry> entries_;
};

}  // namespace

TEST_CASE("deadlines come in order of time, equal ones in the order in which they were set") {
    deadline_queue queue;
    node late, early, twin;
    queue.set(late, at(20));
    queue.set(early, at(10));
    queue.set(twin, at(10));
    CHECK(queue.next() == at(10));
    CHECK(queue.pop_due(at(9)) == nullptr);
    CHECK(queue.pop_due(at(10)) == &early);
    CHECK_FALSE(early.is_set());
    CHECK(queue.pop_due(at(30)) == &twin);
    CHECK(queue.pop_due(at(30)) == &late);
    CHECK(queue.empty());
}

TEST_CASE("a deadline that is set again moves, behind those of the same time") {
    deadline_queue queue;
    node a, b;
    queue.set(a, at(10));
    queue.set(b, at(10));
    queue.set(a, at(10));
    CHECK(queue.pop_due(at(10)) == &b);
    CHECK(queue.pop_due(at(10)) == &a);
}

TEST_CASE("a deadline that is destroyed is out of the queue") {
    deadline_queue queue;
    node kept;
    queue.set(kept, at(20));
    {
        node gone;
        queue.set(gone, at(10));
        CHECK(queue.next() == at(10));
    }
    CHECK(queue.next() == at(20));
    queue.clear(kept);
    queue.clear(kept);  // nothing to do
    CHECK(queue.empty());
}

TEST_CASE("a cleared deadline may be set in another queue") {
    deadline_queue first, second;
    node one;
    first.set(one, at(1));
    first.clear(one);
    second.set(one, at(2));
    CHECK(first.empty());
    CHECK(second.pop_due(at(2)) == &one);
}

TEST_CASE("the ends of time are points in time") {
    deadline_queue queue;
    node never, past, soon;
    queue.set(never, skein::clock::time_point::max());
    queue.set(past, skein::clock::time_point::min());
    queue.set(soon, at(1));
    CHECK(queue.next() == skein::clock::time_point::min());
    CHECK(queue.pop_due(at(0)) == &past);
    CHECK(queue.pop_due(at(0)) == nullptr);
    CHECK(queue.pop_due(at(1)) == &soon);
    CHECK(queue.next() == skein::clock::time_point::max());
    CHECK(queue.pop_due(skein::clock::time_point::max()) == &never);
    CHECK(queue.empty());
}

TEST_CASE("any sequence of operations gives what a sorted list gives") {
    std::mt19937 random(12345);
    const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    for (int round = 0; round < 50; ++round) {
        deadline_queue queue;
        model expected;
        std::vector<std::unique_ptr<node>> nodes(200);
        for (auto& one : nodes) one = std::make_unique<node>();
        int now = 0;
        for (int step = 0; step < 2000; ++step) {
            auto& one = nodes[static_cast<std::size_t>(below(200))];
            switch (below(5)) {
                case 0:
                case 1: {
                    const auto when = at(now + (below(3) == 0 ? 500 + below(5000) : below(20)));
                    queue.set(*one, when);
                    expected.set(one.get(), when);
                    break;
                }
                case 2:
                    queue.clear(*one);
                    expected.clear(one.get());
                    break;
                case 3:
                    expected.clear(one.get());
                    one = std::make_unique<node>();
                    break;
                default:
                    now += below(100) == 0 ? 700 : below(3);
                    const deadline* due = queue.pop_due(at(now));
                    REQUIRE(due == expected.pop_due(at(now)));
            }
            REQUIRE(queue.empty() == expected.empty());
            if (!queue.empty() && below(2) == 0) REQUIRE(queue.next() == expected.next());
        }
    }
}
