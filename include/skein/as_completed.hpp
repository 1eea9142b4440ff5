// Many tasks at once, and each result as soon as it is there: as_completed.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/batch.hpp>
#include <skein/detail/collect.hpp>
#include <skein/outcome.hpp>
#include <skein/task.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace skein {

namespace detail {

/// Children that queue up when they have ended. They keep their places until they are taken, so that no more
/// results wait than there are places.
class SKEIN_API completion_scope final : public collecting_scope {
public:
    using collecting_scope::collecting_scope;
    /// Nobody takes the rest any more: destroys it, reports its errors.
    ~completion_scope() override;

    /// Waits until one has ended, or none is left. Never throws.
    auto one_ended() noexcept {
        struct awaiter {
            completion_scope& scope;
            explicit awaiter(completion_scope& s) noexcept : scope(s) {}
            bool await_ready() const noexcept { return !scope.ended_.empty() || !scope.has_children(); }
            void await_suspend(task_handle at) const noexcept {
                scope.waits_for_ = waits_for::one;
                scope.wait_at(at);
            }
            void await_resume() const noexcept { scope.waits_for_ = waits_for::all; }
        };
        return awaiter(*this);
    }
    /// The one that ended first; null if none has.
    std::unique_ptr<collected_job> take() noexcept;

private:
    void child_done(bool, const std::exception_ptr*) noexcept override { wake_if_done(); }
    void collect(std::unique_ptr<collected_job> ended) noexcept override;

    waiters ended_;
};

/// What `each(outcome, args...)` gives when it is awaited.
template <class T, class Fn, class... Args>
using each_result_t = await_result_t<std::invoke_result_t<Fn&, outcome<T>, Args&...>>;

template <class Fn, class T, class... Args>
concept outcome_consumer =
    std::invocable<Fn&, outcome<T>, Args&...>&& awaitable<std::invoke_result_t<Fn&, outcome<T>, Args&...>> &&
    (std::is_void_v<each_result_t<T, Fn, Args...>> || std::same_as<each_result_t<T, Fn, Args...>, bool>);

/// Begins what there are places for. Throws cancelled_error, and what the source throws.
template <class Source>
task<> fill_places(completion_scope& children, Source& source) {
    using T = typename Source::value_type;
    while (!source.ended() && children.has_place()) {
        if (!co_await children.place()) throw cancelled_error();
        if (auto next = source.next()) children.add(*new collected_job_of<T>(std::move(next), children, 0));
    }
}

/// Hands every outcome to `each`, until that gives false. Throws what it throws, as does the source.
template <class Source, class Fn, class... Args>
task<> hand_over(completion_scope& children, Source& source, Fn& each, Args&... args) {
    using T = typename Source::value_type;
    for (;;) {
        co_await fill_places(children, source);
        co_await children.one_ended();
        if (children.owner_must_stop()) throw cancelled_error();
        const auto ended = children.take();
        if (ended == nullptr) co_return;
        outcome<T> one(std::move(static_cast<collected_job_of<T>&>(*ended).get()));
        if constexpr (std::is_void_v<each_result_t<T, Fn, Args...>>) {
            co_await std::invoke(each, std::move(one), args...);
        } else {
            const bool go_on = co_await std::invoke(each, std::move(one), args...);
            if (!go_on) co_return;
        }
    }
}

template <class Source, class Fn, class... Args>
task<> as_completed_task(Source source, std::size_t limit, Fn each, Args... args) {
    completion_scope children(limit);
    try {
        co_await hand_over(children, source, each, args...);
    } catch (...) {
        children.fail(std::current_exception());
    }
    children.end_children();
    co_await children.join();
    children.rethrow();
}

}  // namespace detail

/// Runs the tasks, at most `limit` at once, and awaits `each(outcome<T>, args...)` for each of them in the
/// order in which they end, one at a time; a result that waits for its turn still counts toward the limit.
/// `each` gives a task<>, or a task<bool>: false stops, and cancels the rest. If it throws, the rest is
/// cancelled, too, and that is thrown. Returns when every task has ended; errors that `each` has not seen
/// then go to the exception handler. *Lifetime:* the callable and its arguments are kept until the end; the
/// arguments are passed as lvalues. *Cancellation:* of `each` and of all tasks, waits for them. *Throws:*
/// what `each` throws; cancelled_error; at the call, std::invalid_argument for a limit of 0 and
/// std::logic_error for an empty task.
template <class T, class Fn, class... Args>
requires detail::outcome_consumer<Fn, T, Args...>
auto as_completed(std::vector<task<T>> tasks, std::size_t limit, Fn each, Args... args) -> task<> {
    detail::check_limit(limit);
    return detail::as_completed_task(detail::vector_source<T>(std::move(tasks)), limit, std::move(each),
                                     std::move(args)...);
}

/// The same with all tasks at once.
template <class T, class Fn, class... Args>
requires detail::outcome_consumer<Fn, T, Args...>
auto as_completed(std::vector<task<T>> tasks, Fn each, Args... args) -> task<> {
    return detail::as_completed_task(detail::vector_source<T>(std::move(tasks)), no_limit, std::move(each),
                                     std::move(args)...);
}

/// The same for a range that makes its tasks while it is walked: see gather(). Of a task that has ended and
/// been handed over, nothing is kept: the range may be endless. *Throws:* also what the range throws, after
/// the tasks that have begun were cancelled and have ended.
template <detail::task_range R, class Fn, class... Args>
requires detail::outcome_consumer<Fn, detail::range_result_t<R>, Args...>
auto as_completed(R&& range, std::size_t limit, Fn each, Args... args) -> task<> {
    detail::check_limit(limit);
    return detail::as_completed_task(detail::range_source<R>(std::forward<R>(range)), limit, std::move(each),
                                     std::move(args)...);
}

}  // namespace skein
