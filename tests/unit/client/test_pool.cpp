// The pool's rules, with numbers for connections and a hand-set clock.
#include "client/session/pool.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using skein::client::pool_limits;

namespace {

using pool = skein::client::pool<int>;

const skein::clock::time_point start{};
const skein::clock::time_point later = start + 15s;

struct waiter final : pool::waiter {
    pool::slot* granted = nullptr;
    bool refused = false;
    int turn = 0;  // which grant it was
    int* turns = nullptr;

    void on_granted(pool::slot& slot) noexcept override {
        CHECK(granted == nullptr);
        granted = &slot;
        if (turns != nullptr) turn = ++*turns;
    }
    void on_refused() noexcept override { refused = true; }
};

// Opens a connection and says which.
pool::slot& open(pool& p, std::string_view key, int connection) {
    auto* slot = p.acquire(p.at(key), start);
    REQUIRE(slot != nullptr);
    REQUIRE(slot->connection == 0);
    slot->connection = connection;
    return *slot;
}

}  // namespace

TEST_CASE("the pool opens up to its total limit, idle connections counted") {
    pool p({.total = 2});
    auto& one = open(p, "a", 1);
    auto& two = open(p, "a", 2);
    CHECK(p.acquire(p.at("a"), start) == nullptr);
    CHECK(p.acquire(p.at("b"), start) == nullptr);
    p.release(one, later);
    CHECK(p.open() == 2);
    CHECK(p.idle() == 1);
    auto* again = p.acquire(p.at("a"), start);
    REQUIRE(again != nullptr);
    CHECK(again->connection == 1);
    CHECK(p.acquire(p.at("a"), start) == nullptr);
    p.discard(*again);
    p.discard(two);
    CHECK(p.open() == 0);
}

TEST_CASE("the pool opens up to the limit of a host, whatever others do") {
    pool p({.total = 10, .per_host = 1});
    auto& a = open(p, "a", 1);
    CHECK(p.acquire(p.at("a"), start) == nullptr);
    auto& b = open(p, "b", 2);
    p.discard(a);
    p.discard(b);
}

TEST_CASE("a limit of 0 is none") {
    pool p({.total = 0, .per_host = 0});
    std::vector<pool::slot*> all;
    for (int i = 1; i <= 1000; ++i) all.push_back(&open(p, "a", i));
    CHECK(p.open() == 1000);
    for (auto* slot : all) p.discard(*slot);
}

TEST_CASE("the connection released last is used first") {
    pool p({.total = 3});
    auto& one = open(p, "a", 1);
    auto& two = open(p, "a", 2);
    auto& three = open(p, "a", 3);
    p.release(two, later);
    p.release(three, later);
    p.release(one, later);
    for (const int expected : {1, 3, 2}) {
        auto* slot = p.acquire(p.at("a"), start);
        REQUIRE(slot != nullptr);
        CHECK(slot->connection == expected);
        p.discard(*slot);
    }
}

TEST_CASE("a connection that is idle for too long is not used again") {
    pool p({.total = 1});
    p.release(open(p, "a", 1), start + 15s);
    auto* fresh = p.acquire(p.at("a"), start + 15s);
    REQUIRE(fresh != nullptr);
    CHECK(fresh->connection == 0);
    CHECK(p.open() == 1);
    p.discard(*fresh);
}

TEST_CASE("expire closes what is due and says when to look again") {
    pool p({.total = 0});
    auto& one = open(p, "a", 1);
    auto& two = open(p, "b", 2);
    auto& three = open(p, "c", 3);
    p.release(one, start + 5s);
    p.release(two, start + 3s);
    p.release(three, start + 9s);
    CHECK(p.expire(start + 1s) == start + 3s);
    CHECK(p.idle() == 3);
    CHECK(p.expire(start + 5s) == start + 9s);
    CHECK(p.idle() == 1);
    CHECK(p.expire(start + 9s) == skein::clock::time_point::max());
    CHECK(p.open() == 0);
}

TEST_CASE("more idle connections than may be kept: the oldest goes") {
    pool p({.total = 0, .max_idle = 2});
    auto& one = open(p, "a", 1);
    auto& two = open(p, "b", 2);
    auto& three = open(p, "c", 3);
    p.release(one, later);
    p.release(two, later);
    p.release(three, later);
    CHECK(p.idle() == 2);
    CHECK(p.open() == 2);
    auto* fresh = p.acquire(p.at("a"), start);
    CHECK(fresh->connection == 0);
    p.discard(*fresh);
    p.close_idle();
    CHECK(p.open() == 0);
}

TEST_CASE("with max_idle 0 nothing is kept, but who waits gets the connection") {
    pool p({.total = 1, .max_idle = 0});
    auto& one = open(p, "a", 1);
    waiter w;
    p.wait(p.at("a"), w);
    p.release(one, later);
    REQUIRE(w.granted == &one);
    p.release(one, later);
    CHECK(p.open() == 0);
}

TEST_CASE("the oldest idle connection makes room for another host") {
    pool p({.total = 2});
    auto& one = open(p, "a", 1);
    auto& two = open(p, "b", 2);
    p.release(two, later);
    p.release(one, later);
    auto& three = open(p, "c", 3);
    CHECK(p.open() == 2);
    CHECK(p.idle() == 1);
    auto* kept = p.acquire(p.at("a"), start);
    REQUIRE(kept != nullptr);
    CHECK(kept->connection == 1);  // b's was older
    p.discard(*kept);
    p.discard(three);
}

TEST_CASE("a connection goes to who waits for it, and not to a newcomer") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    waiter first;
    waiter second;
    p.wait(p.at("a"), first);
    p.wait(p.at("a"), second);
    CHECK(p.waiting() == 2);
    p.release(one, later);
    CHECK(first.granted == &one);
    CHECK(second.granted == nullptr);
    CHECK(p.acquire(p.at("a"), start) == nullptr);
    p.release(one, later);
    CHECK(second.granted == &one);
    p.discard(one);
    CHECK(p.open() == 0);
}

TEST_CASE("who waits is served in order of arrival across hosts") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    int turns = 0;
    std::vector<std::unique_ptr<waiter>> all;
    for (const char* host : {"b", "a", "c", "a", "b"}) {
        all.push_back(std::make_unique<waiter>());
        all.back()->turns = &turns;
        p.wait(p.at(host), *all.back());
    }
    pool::slot* slot = &one;
    for (std::size_t i = 0; i < all.size(); ++i) {
        p.release(*slot, later);
        CHECK(p.open() == 1);
        REQUIRE(all[i]->granted != nullptr);
        CHECK(all[i]->turn == static_cast<int>(i) + 1);
        slot = all[i]->granted;
    }
    CHECK(p.acquire(p.at("d"), start) == nullptr);
    p.discard(*slot);
}

TEST_CASE("who waits for a full host does not hold up others") {
    pool p({.total = 2, .per_host = 1});
    auto& a = open(p, "a", 1);
    waiter for_a;
    p.wait(p.at("a"), for_a);
    auto& b = open(p, "b", 2);  // overtakes: a is full, b is not
    waiter for_c;
    p.wait(p.at("c"), for_c);
    CHECK(p.acquire(p.at("c"), start) == nullptr);
    p.discard(b);
    REQUIRE(for_c.granted != nullptr);
    CHECK(for_a.granted == nullptr);
    p.discard(a);
    REQUIRE(for_a.granted != nullptr);
    p.discard(*for_a.granted);
    p.discard(*for_c.granted);
}

TEST_CASE("a released connection of another host makes room for who came first") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    waiter for_b;
    waiter for_a;
    p.wait(p.at("b"), for_b);
    p.wait(p.at("a"), for_a);
    p.release(one, later);
    REQUIRE(for_b.granted != nullptr);
    CHECK(for_b.granted->connection == 0);  // to be opened
    CHECK(for_a.granted == nullptr);
    p.discard(*for_b.granted);
    REQUIRE(for_a.granted != nullptr);
    p.discard(*for_a.granted);
}

TEST_CASE("who gives up waiting is passed over") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    waiter first;
    waiter second;
    waiter third;
    p.wait(p.at("a"), first);
    p.wait(p.at("b"), second);
    p.wait(p.at("a"), third);
    p.abandon(first);
    p.abandon(second);
    CHECK(p.waiting() == 1);
    p.release(one, later);
    CHECK(first.granted == nullptr);
    CHECK(third.granted == &one);
    p.discard(one);
}

TEST_CASE("who gives up after the grant gives the slot to the next") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    waiter first;
    waiter second;
    p.wait(p.at("a"), first);
    p.wait(p.at("a"), second);
    p.release(one, later);
    REQUIRE(first.granted == &one);
    p.release(one, later);  // unused
    CHECK(second.granted == &one);
    p.discard(one);
}

TEST_CASE("refused waiters are told, all of them, and the queue is empty") {
    pool p({.total = 1});
    auto& one = open(p, "a", 1);
    std::vector<std::unique_ptr<waiter>> all;
    for (const char* host : {"a", "b", "b", "c"}) {
        all.push_back(std::make_unique<waiter>());
        p.wait(p.at(host), *all.back());
    }
    p.refuse_waiters();
    for (const auto& w : all) {
        CHECK(w->refused);
        CHECK(w->granted == nullptr);
    }
    CHECK(p.waiting() == 0);
    p.discard(one);
    CHECK(p.open() == 0);
}

TEST_CASE("a slot that could not be opened goes to who waits") {
    pool p({.total = 1});
    auto* opening = p.acquire(p.at("a"), start);
    waiter w;
    p.wait(p.at("a"), w);
    p.discard(*opening);
    REQUIRE(w.granted != nullptr);
    CHECK(p.open() == 1);
    p.discard(*w.granted);
}

TEST_CASE("hosts are forgotten, but not those that are in use or waited for") {
    pool p({.total = 2});
    auto& held = open(p, "held", 1);
    auto& idle = open(p, "idle", 2);
    auto& at_held = p.at("held");
    for (int i = 0; i < 100'000; ++i) p.at("host" + std::to_string(i));
    CHECK(&p.at("held") == &at_held);
    CHECK(p.hosts() < 10'000);
    waiter w;
    p.wait(p.at("waited for"), w);
    auto& waited_for = p.at("waited for");
    for (int i = 0; i < 100'000; ++i) p.at("other" + std::to_string(i));
    CHECK(&p.at("waited for") == &waited_for);
    p.release(idle, later);
    REQUIRE(w.granted != nullptr);
    CHECK(w.granted->at == &waited_for);
    p.discard(*w.granted);
    p.discard(held);
}
