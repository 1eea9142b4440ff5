// Standing in line: what locks, semaphores and queues have in common. A place in the line is a node in the
// awaiter, so waiting allocates nothing, and leaving takes one step from anywhere in a line of any length.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/config.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <coroutine>
#include <cstdint>
#include <utility>

namespace skein::detail {

class queued_wait;

/// Who waits for the same thing, in order of arrival.
class SKEIN_API wait_line {
public:
    wait_line() noexcept = default;
    wait_line(const wait_line&) = delete;
    wait_line& operator=(const wait_line&) = delete;
    /// Who still waits is told: nothing could ever wake it.
    ~wait_line() {
        if (first_ != nullptr) [[unlikely]]
            orphan_all();
    }

    bool empty() const noexcept { return first_ == nullptr; }
    queued_wait& front() const noexcept { return *first_; }
    void add(queued_wait& last) noexcept;
    void remove(queued_wait& one) noexcept;
    /// Takes out the first.
    queued_wait& pop() noexcept {
        queued_wait& first = *first_;
        remove(first);
        return first;
    }
    void serve_all() noexcept;
    void refuse_all() noexcept;

private:
    void orphan_all() noexcept;

    queued_wait* first_ = nullptr;
    queued_wait* last_ = nullptr;
};

class line_links {
    friend wait_line;
    queued_wait* previous_ = nullptr;
    queued_wait* next_ = nullptr;
};

/// A wait in a line. Whoever takes it out serves it, once it has been given what it waits for, or refuses it.
/// From then on a cancellation does not touch it: what was given arrives.
class SKEIN_API queued_wait : public line_links, protected wait {
public:
    enum class fate : std::uint8_t { waiting, served, refused, cancelled, orphaned };

    /// For who has taken it out.
    void end(fate how) noexcept {
        fate_ = how;
        wake();
    }
    void serve() noexcept { end(fate::served); }
    void refuse() noexcept { end(fate::refused); }

protected:
    explicit queued_wait(wait_line& line) noexcept : line_(line) {}
    ~queued_wait() = default;

    void enqueue(std::coroutine_handle<> at) noexcept {
        fate_ = fate::waiting;
        suspend(at);
        line_.add(*this);
    }
    bool refused() const noexcept { return fate_ == fate::refused; }
    /// For await_resume(): throws cancelled_error if the wait was cut short, std::logic_error if the line was
    /// destroyed.
    void require_served() const {
        if (fate_ != fate::served) [[unlikely]]
            throw_not_served();
    }
    /// Leaves the line, at once.
    void on_cancel() noexcept override;

private:
    [[noreturn]] void throw_not_served() const;

    wait_line& line_;
    fate fate_ = fate::served;  // until it has to wait
};

inline void wait_line::add(queued_wait& last) noexcept {
    last.previous_ = last_;
    last.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &last;
    last_ = &last;
}

inline void wait_line::remove(queued_wait& one) noexcept {
    (one.previous_ != nullptr ? one.previous_->next_ : first_) = one.next_;
    (one.next_ != nullptr ? one.next_->previous_ : last_) = one.previous_;
}

/// What a function gives that may have to wait: awaitable, movable, and convertible to a task. `Awaiter` is
/// made of its `subject`, a pointer or a few.
template <class Awaiter>
class [[nodiscard]] operation {
public:
    using subject = typename Awaiter::subject;
    explicit operation(subject of) noexcept : subject_(of) {}

    Awaiter operator co_await() const noexcept { return Awaiter(subject_); }
    operator task<decltype(std::declval<Awaiter&>().await_resume())>() const { return await_in_task(*this); }

private:
    subject subject_;
};

}  // namespace skein::detail
