// Handing items from task to task, as asyncio.Queue, PriorityQueue and LifoQueue.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/config.hpp>
#include <skein/detail/queue_storage.hpp>
#include <skein/detail/wait_line.hpp>
#include <skein/event.hpp>
#include <skein/task.hpp>

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace skein {

/// put() to a queue that was shut down, or get() from one that is empty besides. A word between tasks of one
/// program: so it is not in the tree of skein::error, and who catches the errors of a download does not catch
/// it.
class SKEIN_API queue_shut_down : public std::runtime_error {
public:
    queue_shut_down();
    ~queue_shut_down() override;
};

namespace detail {
[[noreturn]] SKEIN_API void throw_queue_shut_down();
[[noreturn]] SKEIN_API void throw_no_unfinished_item();
}  // namespace detail

/// Hands items from tasks that put to tasks that get, in the order in which they came. With a `maxsize`, who
/// puts waits while the queue is full: that keeps a quick producer from running away. Fair on both sides: an
/// item goes straight to the task that has waited for one longest, and room to the one that has waited to put
/// longest; nobody passes them, and no item is lost or given twice, whoever is cancelled when.
///
/// `T` may be move-only. Where its move throws, the call that moves throws: put() to who puts, get() to who
/// gets; then the queue is as it was. (Only an item that throws when it has left the queue already is lost:
/// on its way out of next(), try_get(), or a get() that had to wait.) *Lifetime:* should outlive those who
/// wait: they get std::logic_error otherwise. Keeps the memory it has grown to. *Thread:* the loop's.
template <class T, class Order = detail::fifo_storage<T>>
class queue {
    class waiting_getter;
    class get_awaiter;
    class next_awaiter;
    class put_awaiter;
    class putting;

public:
    using value_type = T;

    /// For at most `maxsize` items; 0: no limit.
    explicit queue(std::size_t maxsize = 0, Order order = Order())
        : maxsize_(maxsize), items_(std::move(order)) {
        finished_.set();
    }
    queue(const queue&) = delete;
    queue& operator=(const queue&) = delete;

    /// Waits until there is room, and puts the item, which is kept in the call until then. *Cancellation:* at
    /// once, the item is dropped; but once it is in the queue, the wait ends well. *Throws:* cancelled_error,
    /// queue_shut_down.
    template <class U = T>
    requires std::constructible_from<T, U> putting put(U&& item) {
        return putting(*this, std::forward<U>(item));
    }
    /// Waits for an item and gives it. *Cancellation:* at once; but an item that was handed over arrives, and
    /// the cancel is seen at the next wait. *Throws:* cancelled_error; queue_shut_down if no item will come.
    detail::operation<get_awaiter> get() noexcept { return detail::operation<get_awaiter>(this); }
    /// As get(), but nothing once the queue was shut down and is empty:
    /// `while (auto item = co_await q.next())`.
    detail::operation<next_awaiter> next() noexcept { return detail::operation<next_awaiter>(this); }

    /// Puts the item if there is room; else false, and `item` is as it was. *Throws:* queue_shut_down.
    template <class U = T>
    requires std::constructible_from<T, U>
    [[nodiscard]] bool try_put(U&& item) { return put_now(std::forward<U>(item)); }
    /// An item if there is one. *Throws:* queue_shut_down if none will come.
    [[nodiscard]] std::optional<T> try_get() {
        if (empty()) {
            if (shut_down_) detail::throw_queue_shut_down();
            return std::nullopt;
        }
        return take();
    }

    /// How many items are in the queue; those that wait for room do not count.
    std::size_t size() const noexcept { return items_.size(); }
    std::size_t maxsize() const noexcept { return maxsize_; }
    bool empty() const noexcept { return size() == 0; }
    bool full() const noexcept { return maxsize_ != 0 && size() >= maxsize_; }

    /// Says that the work on an item from the queue is done. *Throws:* std::logic_error if said more often
    /// than items were put.
    void task_done() {
        if (unfinished_ == 0) detail::throw_no_unfinished_item();
        if (--unfinished_ == 0) finished_.set();
    }
    /// Waits until task_done() was said for every item that was put. *Cancellation:* at once. *Throws:*
    /// cancelled_error.
    auto join() noexcept { return finished_.wait(); }

    /// From now on put() throws queue_shut_down, and so does get() once the queue is empty; those who wait
    /// already get it too. `immediate` also drops the items that are in the queue, as if task_done() had been
    /// said for each.
    void shutdown(bool immediate = false) {
        shut_down_ = true;
        getters_.refuse_all();
        putters_.refuse_all();
        if (immediate) {
            const Order dropped = std::move(items_);  // destroyed last: an item may refer to the queue
            unfinished_ -= std::min(unfinished_, dropped.size());
            if (unfinished_ == 0) finished_.set();
        }
    }
    bool is_shut_down() const noexcept { return shut_down_; }

private:
    template <class U>
    bool put_now(U&& item);
    T take();
    void admit_putters() noexcept;
    void count_in() noexcept {
        ++unfinished_;
        finished_.clear();
    }

    const std::size_t maxsize_;
    Order items_;
    std::size_t unfinished_ = 0;
    event finished_;
    bool shut_down_ = false;
    detail::wait_line getters_;  // empty unless the queue is
    detail::wait_line putters_;  // empty unless the queue is full
};

/// Gives the smallest first (what `Compare` puts first), as asyncio's; equal ones in the order in which they
/// came. An item that is put while a task waits for one goes to that task at once, whatever comes next; and
/// one that waits for room does not compete yet. `T` must be assignable. If a comparison or a move throws,
/// the order is lost.
template <class T, class Compare = std::less<T>>
using priority_queue = queue<T, detail::priority_storage<T, Compare>>;

/// Gives the latest first.
template <class T>
using lifo_queue = queue<T, detail::lifo_storage<T>>;

template <class T, class Order>
class queue<T, Order>::waiting_getter : public detail::queued_wait {
public:
    using subject = queue*;
    bool await_ready() const {
        check();
        return !queue_.empty() || queue_.shut_down_;
    }
    void await_suspend(std::coroutine_handle<> at) noexcept { enqueue(at); }

    /// To be called while it stands in line. If that throws, it still does.
    template <class U>
    void hand_over(U&& item) {
        handed_over_.emplace(std::forward<U>(item));
        queue_.getters_.remove(*this);
        this->serve();
    }

protected:
    explicit waiting_getter(queue* of) noexcept : queued_wait(of->getters_), queue_(*of) {}
    ~waiting_getter() = default;

    /// For await_resume(): whether no item will come.
    bool nothing_comes() const {
        if (handed_over_) return false;
        if (this->refused()) return true;
        this->require_served();
        return queue_.empty();  // it did not have to wait
    }

    queue& queue_;
    std::optional<T> handed_over_;
};

template <class T, class Order>
class queue<T, Order>::get_awaiter final : public waiting_getter {
public:
    explicit get_awaiter(queue* of) noexcept : waiting_getter(of) {}
    T await_resume() {
        if (this->nothing_comes()) detail::throw_queue_shut_down();
        if (this->handed_over_) return std::move(*this->handed_over_);
        return this->queue_.take();
    }
};

template <class T, class Order>
class queue<T, Order>::next_awaiter final : public waiting_getter {
public:
    explicit next_awaiter(queue* of) noexcept : waiting_getter(of) {}
    std::optional<T> await_resume() {
        if (this->nothing_comes()) return std::nullopt;
        if (this->handed_over_) return std::move(this->handed_over_);
        return this->queue_.take();
    }
};

template <class T, class Order>
class queue<T, Order>::put_awaiter final : public detail::queued_wait {
public:
    put_awaiter(queue& to, T& item) noexcept : queued_wait(to.putters_), queue_(to), item_(item) {}
    bool await_ready() {
        check();
        return queue_.put_now(std::move(item_));
    }
    void await_suspend(std::coroutine_handle<> at) noexcept { enqueue(at); }
    void await_resume() const {
        if (error_) std::rethrow_exception(error_);
        if (refused()) detail::throw_queue_shut_down();
        require_served();
    }

private:
    friend queue;
    queue& queue_;
    T& item_;
    std::exception_ptr error_;  // of the item's move, by who made room
};

/// What put() gives: awaitable, movable, and convertible to task<>.
template <class T, class Order>
class [[nodiscard]] queue<T, Order>::putting {
public:
    template <class U>
    putting(queue& to, U&& item) : queue_(to), item_(std::forward<U>(item)) {}

    put_awaiter operator co_await() && noexcept { return put_awaiter(queue_, item_); }
    operator task<>() && { return detail::await_in_task(std::move(*this)); }

private:
    queue& queue_;
    T item_;
};

template <class T, class Order>
template <class U>
bool queue<T, Order>::put_now(U&& item) {
    if (shut_down_) detail::throw_queue_shut_down();
    if (!getters_.empty()) {
        static_cast<waiting_getter&>(getters_.front()).hand_over(std::forward<U>(item));
    } else {
        if (full()) return false;
        items_.push(std::forward<U>(item));
    }
    count_in();
    return true;
}

template <class T, class Order>
T queue<T, Order>::take() {
    T item = items_.take();
    if (!putters_.empty()) admit_putters();
    return item;
}

template <class T, class Order>
void queue<T, Order>::admit_putters() noexcept {
    while (!putters_.empty() && !full()) {
        auto& next = static_cast<put_awaiter&>(putters_.pop());
        try {
            items_.push(std::move(next.item_));
            count_in();
        } catch (...) {  // the room is for the one behind it
            next.error_ = std::current_exception();
        }
        next.serve();
    }
}

}  // namespace skein
