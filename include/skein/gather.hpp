// Many tasks at once: gather and settle.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/outcome.hpp>
#include <skein/task.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace skein {

/// As many at once as there are.
inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

namespace detail {

SKEIN_API void check_limit(std::size_t limit);

/// Children of which one failure stops the rest.
class SKEIN_API gather_scope : public join_scope {
public:
    /// After join(): throws the first error, or cancelled_error if a child was cancelled before there was
    /// one.
    void rethrow() const;

protected:
    void note_end(bool cancelled, const std::exception_ptr& error) noexcept;
    bool stopped() const noexcept { return failed_; }
    void child_done(bool cancelled, const std::exception_ptr& error) noexcept override;

private:
    std::exception_ptr first_error_;  // null with failed_: a child was cancelled
    bool failed_ = false;
};

/// Children that are let be, whatever becomes of the others.
class settle_scope : public join_scope {
protected:
    void note_end(bool, const std::exception_ptr&) noexcept {}
    bool stopped() const noexcept { return false; }
};

/// Runs a vector of tasks, `limit` at once, each into its slot.
template <class Scope, class T>
class batch final : public Scope {
public:
    batch(std::vector<task<T>> work, std::size_t limit)
        : work_(std::move(work)), results_(work_.size()), limit_(limit) {
        for (const auto& one : work_)
            if (!one) throw_empty_task();
    }

    /// Starts the first ones; to be followed by join().
    void begin() noexcept {
        for (std::size_t running = 0; running < limit_ && may_start();)
            if (start_next()) ++running;
    }
    /// After join(), one for each task: what was never started counts as cancelled.
    std::vector<result<T>>& results() noexcept {
        for (; next_ < results_.size(); ++next_) results_[next_].set_cancelled();
        return results_;
    }

private:
    void child_done(bool cancelled, const std::exception_ptr& error) noexcept override {
        Scope::note_end(cancelled, error);
        while (may_start())
            if (start_next()) break;
        Scope::wake_if_done();
    }
    bool may_start() const noexcept {
        return next_ < work_.size() && !Scope::stopped() && !Scope::owner_cancelled();
    }
    bool start_next() noexcept {
        const std::size_t index = next_++;
        try {
            Scope::start_child(std::move(work_[index]), results_[index]);
            return true;
        } catch (...) {  // no memory
            results_[index].set_caught();
            Scope::note_end(false, results_[index].thrown());
            return false;
        }
    }

    std::vector<task<T>> work_;
    std::vector<result<T>> results_;
    std::size_t limit_;
    std::size_t next_ = 0;
};

template <class... T>
task<std::tuple<void_to_monostate<T>...>> gather_tuple(task<T>... work) {
    gather_scope scope;
    std::tuple<result<T>...> results;
    {
        auto jobs = std::apply(
            [&](auto&... slots) {
                return std::tuple<std::unique_ptr<child_job<T>>...>(
                    std::make_unique<child_job<T>>(std::move(work), slots)...);
            },
            results);
        std::apply([&](auto&... one) { (scope.start(*one.release()), ...); }, jobs);
    }
    co_await scope.join();
    scope.rethrow();
    co_return std::apply(
        [](auto&... slots) { return std::tuple<void_to_monostate<T>...>(std::move(slots.get())...); },
        results);
}

template <class T>
task<std::vector<T>> gather_vector(std::vector<task<T>> work, std::size_t limit) {
    batch<gather_scope, T> children(std::move(work), limit);
    children.begin();
    co_await children.join();
    children.rethrow();
    std::vector<T> values;
    values.reserve(children.results().size());
    for (auto& slot : children.results()) values.push_back(slot.take());
    co_return values;
}

SKEIN_API task<> gather_void(std::vector<task<>> work, std::size_t limit);

template <class T>
task<std::vector<outcome<T>>> settle_vector(std::vector<task<T>> work, std::size_t limit) {
    batch<settle_scope, T> children(std::move(work), limit);
    children.begin();
    co_await children.join();
    if (children.owner_cancelled()) throw cancelled_error();
    std::vector<outcome<T>> outcomes;
    outcomes.reserve(children.results().size());
    for (auto& slot : children.results()) outcomes.emplace_back(std::move(slot));
    co_return outcomes;
}

}  // namespace detail

/// Runs all at once and gives their results as a tuple, in the order of the arguments; void becomes
/// std::monostate. The first error cancels the rest, waits until they have ended, and is thrown; further ones
/// go to the exception handler. (asyncio lets the rest run on.) *Lifetime:* the awaitables are moved in.
/// *Cancellation:* cancels all, waits for them, throws cancelled_error. *Throws:* the first error;
/// cancelled_error if a child was cancelled from elsewhere.
template <class... A>
requires(sizeof...(A) > 0 && (detail::awaitable<A> && ...)) auto gather(A... awaitables)
    -> task<std::tuple<detail::void_to_monostate<detail::await_result_t<A>>...>> {
    return detail::gather_tuple(detail::to_task(std::move(awaitables))...);
}

/// Runs the tasks, at most `limit` at once, and gives their results in the order of the vector. Errors and
/// cancellation as above; what has not begun by then never does. A limit of 0 is std::invalid_argument.
template <class T>
requires(!std::is_void_v<T>) task<std::vector<T>> gather(std::vector<task<T>> tasks,
                                                         std::size_t limit = no_limit) {
    detail::check_limit(limit);
    return detail::gather_vector(std::move(tasks), limit);
}
inline task<> gather(std::vector<task<>> tasks, std::size_t limit = no_limit) {
    detail::check_limit(limit);
    return detail::gather_void(std::move(tasks), limit);
}

/// Runs the tasks, at most `limit` at once, and gives what became of each, in the order of the vector: errors
/// are values here, and none stops the others. asyncio's gather(..., return_exceptions=True). *Cancellation:*
/// cancels all, waits for them, throws cancelled_error. *Throws:* std::invalid_argument: limit of 0.
template <class T>
task<std::vector<outcome<T>>> settle(std::vector<task<T>> tasks, std::size_t limit = no_limit) {
    detail::check_limit(limit);
    return detail::settle_vector(std::move(tasks), limit);
}

}  // namespace skein
