// What gather, settle, first and as_completed have in common: children that their owner starts one after
// another as places become free, and where the tasks for them come from.
//
// The owner itself takes the tasks out of their source, in its own coroutine. So a range that makes its tasks
// while it is walked runs where its user expects it to, and what it throws arrives where the owner can catch
// it.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/report.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace skein {

/// As many at once as there are.
inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

namespace detail {

/// Throws std::invalid_argument for a limit of 0.
SKEIN_API void check_limit(std::size_t limit);

/// Children of which at most `limit` hold a place at once.
class SKEIN_API batch_scope : public join_scope {
public:
    explicit batch_scope(std::size_t limit = no_limit) noexcept : limit_(limit) {}

    /// Starts a child in a place that is free.
    void add(job& child) noexcept {
        ++taken_;
        ++started_;
        start(child);
    }
    bool has_place() const noexcept { return taken_ < limit_; }

    /// `co_await place()` waits until a place is free: true. False when no more shall begin. Gives way after
    /// some hundred children, so that starting a million neither keeps the loop from its I/O nor needs a
    /// million jobs at once where most end quickly.
    auto place() noexcept {
        struct awaiter {
            batch_scope& scope;
            explicit awaiter(batch_scope& s) noexcept : scope(s) {}
            bool await_ready() const noexcept {
                return (scope.has_place() && scope.started_ < starts_in_a_row) || !scope.open();
            }
            void await_suspend(task_handle at) const noexcept { scope.wait_for_place(at); }
            bool await_resume() const noexcept {
                scope.waits_for_ = waits_for::all;
                return scope.open();
            }
        };
        return awaiter(*this);
    }

    /// Tells the children to end, and keeps the error for rethrow(): null for cancellation. False if there is
    /// one already.
    bool fail(const std::exception_ptr& error) noexcept;
    bool failed() const noexcept { return failed_; }
    /// After join(): throws what fail() was told.
    void rethrow() const;

protected:
    enum class waits_for : std::uint8_t { all, place, one };

    void child_done(bool, const std::exception_ptr*) noexcept override {
        free_place();
        wake_if_done();
    }
    void free_place() noexcept {
        --taken_;
        if (waits_for_ == waits_for::place) wake_owner();
    }

    waits_for waits_for_ = waits_for::all;  // what the owner is woken for

private:
    static constexpr std::size_t starts_in_a_row = 256;

    bool open() const noexcept { return !ending() && !owner_must_stop(); }
    void wait_for_place(task_handle at) noexcept;

    std::size_t limit_;
    std::size_t taken_ = 0;
    std::size_t started_ = 0;   // since the owner last gave way
    std::exception_ptr error_;  // null with failed_: cancellation
    bool failed_ = false;
};

// ---- sources: ended() is true once nothing is known to be left, next() gives an empty task then

/// Throws std::logic_error if a task is empty.
template <class T>
class vector_source {
public:
    using value_type = T;
    explicit vector_source(std::vector<task<T>>&& work) : work_(std::move(work)) {
        for (const auto& one : work_)
            if (!one) throw_empty_task();
    }
    std::size_t size() const noexcept { return work_.size(); }
    bool ended() const noexcept { return next_ == work_.size(); }
    task<T> next() noexcept { return std::move(work_[next_++]); }
    /// Those that never begin: nobody forgot them.
    void drop_rest() noexcept {
        const quiet_drops meant;
        for (std::size_t i = next_; i < work_.size(); ++i) work_[i] = task<T>();
    }

private:
    std::vector<task<T>> work_;
    std::size_t next_ = 0;
};

/// What a range gives when it is walked by somebody who owns it: its elements, moved out of a container.
template <class R>
using range_element_t =
    std::conditional_t<std::is_lvalue_reference_v<R> || std::ranges::view<R>,
                       std::ranges::range_reference_t<R>, std::ranges::range_rvalue_reference_t<R>>;

/// A range of tasks, or of anything else that can be awaited, which may be made while the range is walked.
/// A container that has a name cannot give its tasks away, so it is none; futures are copied out of it.
template <class R>
concept task_range = std::ranges::input_range<R> && std::ranges::viewable_range<R> &&
    std::constructible_from<std::decay_t<range_element_t<R>>, range_element_t<R>> &&
    awaitable<std::decay_t<range_element_t<R>>>;

template <task_range R>
using range_result_t = await_result_t<std::decay_t<range_element_t<R>>>;

/// Walks a range, one step for each task: the next one is not made before it is asked for.
template <task_range R>
class range_source {
public:
    using value_type = range_result_t<R>;
    explicit range_source(R&& range) : view_(std::views::all(std::forward<R>(range))) {}
    bool ended() const noexcept { return ended_; }
    /// Throws what the range throws.
    task<value_type> next() {
        if (at_)
            ++*at_;
        else
            at_.emplace(std::ranges::begin(view_));
        if (*at_ == std::ranges::end(view_)) {
            ended_ = true;
            return {};
        }
        return to_task(std::decay_t<range_element_t<R>>(static_cast<range_element_t<R>>(**at_)));
    }
    void drop_rest() noexcept {}  // the range has them, or has not made them

private:
    std::views::all_t<R> view_;
    std::optional<std::ranges::iterator_t<std::views::all_t<R>>> at_;
    bool ended_ = false;
};

/// Hands the tasks of the source to `begin`, as places become free, and waits until all have ended.
template <class Source, class Fn>
task<> run_batch(batch_scope& children, Source& source, Fn begin) {
    try {
        while (!source.ended()) {
            if (!co_await children.place()) break;
            if (auto next = source.next()) begin(std::move(next));
        }
    } catch (...) {  // of the range; no memory
        children.fail(std::current_exception());
    }
    co_await children.join();
    source.drop_rest();
}

/// Throws what has ended the batch early, if something has.
template <class Source>
void check_complete(const batch_scope& children, const Source& source) {
    children.rethrow();
    if (!source.ended()) throw cancelled_error();  // it was cancelled, and there was nobody yet to tell
}

}  // namespace detail
}  // namespace skein
