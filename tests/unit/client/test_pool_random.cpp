// The pool against a model of it that is too simple to be wrong: lists, searched from the front.
#include "client/session/pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

using pool = skein::client::pool<int>;
using time_point = skein::clock::time_point;

struct waiter final : pool::waiter {
    int id = 0;
    std::string host;
    std::vector<waiter*>* grants = nullptr;
    pool::slot* granted = nullptr;
    void on_granted(pool::slot& slot) noexcept override {
        granted = &slot;
        grants->push_back(this);
    }
    void on_refused() noexcept override {}
};

// What the pool should do, step by step. A connection is a number; idle ones in order of release.
struct model {
    struct idle_one {
        int connection;
        std::string host;
        time_point expires;
    };
    skein::client::pool_limits limits;
    std::map<std::string, std::size_t> open_at;
    std::deque<idle_one> idle;
    std::vector<std::pair<int, std::string>> queue;
    std::vector<std::pair<int, int>> grants;  // waiter, connection (0: to be opened)
    std::size_t open = 0;

    bool host_full(const std::string& host) {
        return limits.per_host != 0 && open_at[host] >= limits.per_host;
    }
    bool full() const { return limits.total != 0 && open >= limits.total; }
    void add(const std::string& host) {
        ++open;
        ++open_at[host];
    }
    void drop(const std::string& host) {
        --open;
        --open_at[host];
    }
    bool make_room(const std::string& host) {
        if (host_full(host)) return false;
        if (full() && !idle.empty()) {
            drop(idle.front().host);
            idle.pop_front();
        }
        return !full();
    }

    // The connection, 0 for an empty slot, -1 for a wait.
    int acquire(const std::string& host, time_point now) {
        for (auto it = idle.end(); it != idle.begin();) {
            --it;
            if (it->host != host) continue;
            const idle_one one = *it;
            it = idle.erase(it);
            if (one.expires > now) return one.connection;
            drop(host);
        }
        for (const auto& [id, other] : queue)
            if (other == host || !host_full(other)) return -1;
        if (!make_room(host)) return -1;
        add(host);
        return 0;
    }
    void serve() {
        for (;;) {
            auto it = std::find_if(queue.begin(), queue.end(), [&](auto& w) { return !host_full(w.second); });
            if (it == queue.end() || !make_room(it->second)) return;
            add(it->second);
            grants.emplace_back(it->first, 0);
            queue.erase(it);
        }
    }
    void discard(const std::string& host) {
        drop(host);
        serve();
    }
    void release(int connection, const std::string& host, time_point expires) {
        auto it = std::find_if(queue.begin(), queue.end(),
                               [&](auto& w) { return w.second == host || !host_full(w.second); });
        if (it != queue.end() && it->second == host) {
            grants.emplace_back(it->first, connection);
            queue.erase(it);
            return;
        }
        if (it != queue.end() || limits.max_idle == 0) return discard(host);
        if (idle.size() >= limits.max_idle) {
            drop(idle.front().host);
            idle.pop_front();
        }
        idle.push_back({connection, host, expires});
    }
    void expire(time_point now) {
        for (auto it = idle.begin(); it != idle.end();) {
            if (it->expires > now) {
                ++it;
                continue;
            }
            drop(it->host);
            it = idle.erase(it);
        }
        serve();
    }
};

struct play {
    explicit play(const skein::client::pool_limits& limits, std::uint32_t seed) : real(limits), random(seed) {
        expected.limits = limits;
    }

    std::size_t pick(std::size_t below) { return random() % below; }
    std::string any_host() { return std::string(1, static_cast<char>('a' + pick(5))); }

    void hold(pool::slot& slot) {
        if (slot.connection == 0) slot.connection = ++connections;
        held.push_back(&slot);
    }
    pool::slot& take_held() {
        const std::size_t at = pick(held.size());
        pool::slot& slot = *held[at];
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
        return slot;
    }

    void arrive() {
        const std::string host = any_host();
        auto& at = real.at(host);
        names[&at] = host;
        auto* slot = real.acquire(at, now);
        const int got = expected.acquire(host, now);
        REQUIRE((slot == nullptr) == (got == -1));
        if (slot != nullptr) {
            CHECK(slot->connection == got);
            return hold(*slot);
        }
        auto w = std::make_unique<waiter>();
        w->id = ++waiters_made;
        w->host = host;
        w->grants = &granted;
        real.wait(at, *w);
        expected.queue.emplace_back(w->id, host);
        waiting.push_back(std::move(w));
    }
    void step() {
        const std::size_t what = pick(10);
        if (what < 4 || held.empty()) {
            arrive();
        } else if (what < 7) {
            auto& slot = take_held();
            const auto expires = now + std::chrono::seconds(pick(20));
            expected.release(slot.connection, names.at(slot.at), expires);
            real.release(slot, expires);
        } else if (what == 7) {
            auto& slot = take_held();
            expected.discard(names.at(slot.at));
            real.discard(slot);
        } else if (what == 8 && !waiting.empty()) {
            const auto at = static_cast<std::ptrdiff_t>(pick(waiting.size()));
            auto& w = waiting[static_cast<std::size_t>(at)];
            std::erase_if(expected.queue, [&](auto& one) { return one.first == w->id; });
            real.abandon(*w);
            waiting.erase(waiting.begin() + at);
        } else {
            now += std::chrono::seconds(pick(10));
            expected.expire(now);
            real.expire(now);
        }
    }
    void check() {
        REQUIRE(granted.size() == expected.grants.size());
        for (std::size_t i = 0; i < granted.size(); ++i) {
            CHECK(granted[i]->id == expected.grants[i].first);
            CHECK(granted[i]->granted->connection == expected.grants[i].second);
            hold(*granted[i]->granted);
            std::erase_if(waiting, [&](auto& w) { return w.get() == granted[i]; });
        }
        granted.clear();
        expected.grants.clear();
        const auto& limits = real.limits();
        CHECK(real.open() == expected.open);
        CHECK(real.idle() == expected.idle.size());
        CHECK(real.waiting() == expected.queue.size());
        CHECK((limits.total == 0 || real.open() <= limits.total));
        CHECK(real.idle() <= limits.max_idle);
        bool may_serve = false;
        for (const auto& [id, host] : expected.queue) may_serve = may_serve || !expected.host_full(host);
        CHECK_FALSE((may_serve && (!expected.full() || real.idle() > 0)));
        for (const auto& [host, open] : expected.open_at) {
            CHECK((limits.per_host == 0 || open <= limits.per_host));
            if (open != 0) CHECK(real.at(host).open == open);
        }
    }
    void finish() {
        while (!waiting.empty()) {
            real.abandon(*waiting.back());
            waiting.pop_back();
        }
        for (auto* slot : held) real.discard(*slot);
        real.close_idle();
        CHECK(real.open() == 0);
    }

    pool real;
    model expected;
    std::mt19937 random;
    time_point now{};
    int connections = 0;
    int waiters_made = 0;
    std::vector<pool::slot*> held;
    std::vector<std::unique_ptr<waiter>> waiting;
    std::vector<waiter*> granted;
    std::map<const pool::host*, std::string> names;
};

}  // namespace

TEST_CASE("the pool does what its model does, step by step, for any sequence of events") {
    const std::array<skein::client::pool_limits, 7> all{{{.total = 1},
                                                         {.total = 3, .per_host = 1},
                                                         {.total = 4, .per_host = 2, .max_idle = 2},
                                                         {.total = 0, .per_host = 2},
                                                         {.total = 6, .per_host = 3, .max_idle = 0},
                                                         {.total = 8},
                                                         {.total = 2, .per_host = 5, .max_idle = 1}}};
    std::uint32_t seed = 0;
    for (const auto& limits : all) {
        for (int round = 0; round < 20; ++round) {
            CAPTURE(seed);
            play p(limits, seed++);
            for (int i = 0; i < 1000; ++i) {
                p.step();
                p.check();
            }
            p.finish();
        }
    }
}
