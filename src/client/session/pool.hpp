// The connection pool as pure logic: who gets which connection, who may open one, who waits, what is evicted.
// No I/O, no clock (the time is handed in), and generic over the connection, so that it is tested with
// numbers.
//
//                 acquire: idle one                      release: kept
//   idle  ----------------------------->  in use  --------------------------->  idle
//                 acquire: room  -> opening -> in use      release: not kept -> gone, room for a waiter
//
// Open connections count toward the limits, idle ones too: where an idle one is in the way of another host,
// it goes. Waiters are served strictly in order of arrival, as far as the limit of their own host allows.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/recycler.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace skein::client {

struct pool_limits {
    std::size_t total = 100;     // open connections; 0: no limit
    std::size_t per_host = 0;    // open connections to one host; 0: no limit
    std::size_t max_idle = 100;  // idle connections kept
};

template <class Connection>
class pool {
public:
    struct host;

    /// A place for a connection: opening, in use, or idle. Stays where it is as long as the connection is
    /// open.
    struct slot : detail::recycled {
        Connection connection{};
        host* at = nullptr;

    private:
        friend pool;
        slot* idle_previous = nullptr;  // of the host, the latest released last
        slot* idle_next = nullptr;
        slot* older = nullptr;  // of all idle ones
        slot* newer = nullptr;
        clock::time_point expires{};
        bool idle = false;
    };

    /// Somebody who waits for a connection.
    class waiter {
    public:
        /// Its turn has come: the slot is its own, with an idle connection in it or empty, to be opened.
        virtual void on_granted(slot& granted) noexcept = 0;
        /// Its turn will never come: the pool takes no more requests.
        virtual void on_refused() noexcept = 0;

    protected:
        virtual ~waiter() = default;

    private:
        friend pool;
        host* at_ = nullptr;
        waiter* previous_ = nullptr;  // of the host, in order of arrival
        waiter* next_ = nullptr;
        std::uint64_t ticket_ = 0;
    };

    static constexpr std::size_t not_ready = static_cast<std::size_t>(-1);

    struct host {
        std::size_t open = 0;  // slots: opening, in use, idle

    private:
        friend pool;
        slot* last_idle = nullptr;
        waiter* first_waiter = nullptr;
        waiter* last_waiter = nullptr;
        std::size_t ready_at = not_ready;  // in the heap of hosts that have waiters and room
    };

    explicit pool(const pool_limits& limits) : limits_(limits) {}
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool() { assert(open_ == 0 && waiters_ == 0); }

    /// The host of a key, which names everything that decides whom a connection talks to. Valid as long as it
    /// has slots or waiters, and at least until the next call of at().
    host& at(std::string_view key) {
        if (auto found = hosts_.find(key); found != hosts_.end()) return found->second;
        if (hosts_.size() >= hosts_worth_a_sweep_) forget_unused_hosts();
        return hosts_.emplace(std::string(key), host()).first->second;
    }

    /// An idle connection (the one released last), or an empty slot if one may be opened, or null: then
    /// wait().
    slot* acquire(host& from, clock::time_point now) {
        while (from.last_idle != nullptr) {
            slot& one = *from.last_idle;
            unlink_idle(one);
            if (one.expires > now) return &one;
            ++expired_;
            destroy(one);
        }
        if (next_for(from) != nullptr || !may_open(from)) return nullptr;  // nobody is passed over
        return &open(from);
    }

    /// Queues up, after acquire() gave nothing. on_granted() follows, never from inside this call, unless
    /// abandon() comes first. Throws std::bad_alloc.
    void wait(host& from, waiter& who) {
        if (from.first_waiter == nullptr) {
            // Room for every host that waits, so that nothing has to be allocated when one becomes ready.
            if (ready_.capacity() <= waiting_hosts_) ready_.reserve(2 * waiting_hosts_ + 16);
            ++waiting_hosts_;
        }
        who.at_ = &from;
        who.ticket_ = tickets_++;
        who.next_ = nullptr;
        who.previous_ = from.last_waiter;
        (from.last_waiter != nullptr ? from.last_waiter->next_ : from.first_waiter) = &who;
        from.last_waiter = &who;
        ++waiters_;
        update(from);
    }

    /// Leaves the queue.
    void abandon(waiter& who) noexcept { unlink_waiter(who); }

    /// Gives a connection back, fit for another exchange until `expires`.
    void release(slot& one, clock::time_point expires) noexcept {
        one.expires = expires;
        if (waiter* next = next_for(*one.at)) {
            if (next->at_ == one.at) return grant(*next, one);
            ++evicted_;
            return discard(one);  // the next in line wants another host: this one makes room
        }
        if (limits_.max_idle == 0) return discard(one);
        if (idle_ >= limits_.max_idle) {
            ++evicted_;
            discard(*oldest_);
        }
        link_idle(one);
    }

    /// Gives up a slot, and closes the connection in it if there is one: of a failed attempt, a broken
    /// connection, or an idle one that has died.
    void discard(slot& one) noexcept {
        if (one.idle) unlink_idle(one);
        destroy(one);
        serve();
    }

    /// Closes what is idle for longer than it may be. Returns when to look again; clock::time_point::max():
    /// never.
    clock::time_point expire(clock::time_point now) noexcept {
        clock::time_point next = clock::time_point::max();
        for (slot* one = oldest_; one != nullptr;) {
            slot* after = one->newer;
            if (one->expires <= now) {
                ++expired_;
                discard(*one);
            } else if (one->expires < next) {
                next = one->expires;
            }
            one = after;
        }
        return next;
    }
    void close_idle() noexcept {
        while (oldest_ != nullptr) discard(*oldest_);
    }

    /// Sends everybody away who waits.
    void refuse_waiters() noexcept {
        for (auto& [key, h] : hosts_) {
            while (h.first_waiter != nullptr) {
                waiter& who = *h.first_waiter;
                unlink_waiter(who);
                who.on_refused();
            }
        }
    }

    const pool_limits& limits() const noexcept { return limits_; }
    std::size_t open() const noexcept { return open_; }
    std::size_t idle() const noexcept { return idle_; }
    std::size_t waiting() const noexcept { return waiters_; }
    std::size_t hosts() const noexcept { return hosts_.size(); }
    /// Idle connections that were closed for their age, and connections that made room for others.
    std::uint64_t expired() const noexcept { return expired_; }
    std::uint64_t evicted() const noexcept { return evicted_; }

private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    /// A crawl over a million hosts must not remember them all.
    void forget_unused_hosts() {
        std::erase_if(hosts_, [](const auto& entry) {
            return entry.second.open == 0 && entry.second.first_waiter == nullptr;
        });
        hosts_worth_a_sweep_ = 2 * hosts_.size() + 256;
    }

    bool host_has_room(const host& h) const noexcept {
        return limits_.per_host == 0 || h.open < limits_.per_host;
    }
    bool has_room() const noexcept { return limits_.total == 0 || open_ < limits_.total; }

    /// Room for one more, made by closing the oldest idle connection if need be.
    bool may_open(host& h) noexcept {
        if (!host_has_room(h)) return false;
        if (!has_room() && oldest_ != nullptr) {
            slot& victim = *oldest_;
            ++evicted_;
            unlink_idle(victim);
            destroy(victim);
        }
        return has_room();
    }

    /// Of those who wait and whose host has room, the first; for `h`, whether or not it has room.
    waiter* next_for(const host& h) const noexcept {
        waiter* first = ready_.empty() ? nullptr : ready_.front()->first_waiter;
        waiter* own = h.first_waiter;
        return own != nullptr && (first == nullptr || own->ticket_ < first->ticket_) ? own : first;
    }

    /// Hands out what room there is.
    void serve() noexcept {
        while (!ready_.empty() && may_open(*ready_.front())) {
            host& h = *ready_.front();
            grant(*h.first_waiter, open(h));
        }
    }
    void grant(waiter& who, slot& one) noexcept {
        unlink_waiter(who);
        who.on_granted(one);
    }

    slot& open(host& h) {
        auto* one = new slot;
        one->at = &h;
        ++h.open;
        ++open_;
        update(h);
        return *one;
    }
    void destroy(slot& one) noexcept {
        host& h = *one.at;
        --h.open;
        --open_;
        delete &one;
        update(h);
    }

    void link_idle(slot& one) noexcept {
        host& h = *one.at;
        one.idle = true;
        one.idle_next = nullptr;
        one.idle_previous = h.last_idle;
        if (h.last_idle != nullptr) h.last_idle->idle_next = &one;
        h.last_idle = &one;
        one.newer = nullptr;
        one.older = newest_;
        (newest_ != nullptr ? newest_->newer : oldest_) = &one;
        newest_ = &one;
        ++idle_;
    }
    void unlink_idle(slot& one) noexcept {
        one.idle = false;
        if (one.idle_previous != nullptr) one.idle_previous->idle_next = one.idle_next;
        (one.idle_next != nullptr ? one.idle_next->idle_previous : one.at->last_idle) = one.idle_previous;
        (one.older != nullptr ? one.older->newer : oldest_) = one.newer;
        (one.newer != nullptr ? one.newer->older : newest_) = one.older;
        --idle_;
    }
    void unlink_waiter(waiter& who) noexcept {
        host& h = *who.at_;
        (who.previous_ != nullptr ? who.previous_->next_ : h.first_waiter) = who.next_;
        (who.next_ != nullptr ? who.next_->previous_ : h.last_waiter) = who.previous_;
        if (h.first_waiter == nullptr) --waiting_hosts_;
        --waiters_;
        update(h);
    }

    // The hosts that have waiters and room, as a binary heap: the one whose first waiter came first is the
    // root. A crawl that waits for thousands of hosts must not look at each of them for each connection.
    bool before(const host& a, const host& b) const noexcept {
        return a.first_waiter->ticket_ < b.first_waiter->ticket_;
    }
    void place(std::size_t at, host& h) noexcept {
        ready_[at] = &h;
        h.ready_at = at;
    }
    /// To be called when the waiters of a host, or its room, have changed.
    void update(host& h) noexcept {
        const bool ready = h.first_waiter != nullptr && host_has_room(h);
        if (h.ready_at == not_ready) {
            if (!ready) return;
            ready_.push_back(&h);  // wait() has made room
            return settle(ready_.size() - 1, h);
        }
        if (ready) return settle(h.ready_at, h);
        const std::size_t hole = std::exchange(h.ready_at, not_ready);
        host& last = *ready_.back();
        ready_.pop_back();
        if (&last != &h) settle(hole, last);
    }
    /// Puts a host where it belongs, from a place that it may take.
    void settle(std::size_t at, host& h) noexcept {
        for (; at > 0 && before(h, *ready_[(at - 1) / 2]); at = (at - 1) / 2)
            place(at, *ready_[(at - 1) / 2]);
        for (;;) {
            std::size_t child = 2 * at + 1;
            if (child + 1 < ready_.size() && before(*ready_[child + 1], *ready_[child])) ++child;
            if (child >= ready_.size() || !before(*ready_[child], h)) break;
            place(at, *ready_[child]);
            at = child;
        }
        place(at, h);
    }

    pool_limits limits_;
    std::unordered_map<std::string, host, text_hash, std::equal_to<>> hosts_;
    std::size_t hosts_worth_a_sweep_ = 256;
    std::vector<host*> ready_;       // see update()
    std::size_t waiting_hosts_ = 0;  // that have waiters
    slot* oldest_ = nullptr;
    slot* newest_ = nullptr;
    std::size_t open_ = 0;
    std::size_t idle_ = 0;
    std::size_t waiters_ = 0;
    std::uint64_t tickets_ = 0;
    std::uint64_t expired_ = 0;
    std::uint64_t evicted_ = 0;
};

}  // namespace skein::client
