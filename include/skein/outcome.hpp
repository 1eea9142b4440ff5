// A result or an error, as a value.
#pragma once

#include <skein/detail/result.hpp>

#include <exception>
#include <utility>

namespace skein {

/// How a task ended: what settle() gives for each, asyncio's return_exceptions=True.
template <class T>
class outcome {
public:
    /// For the library: a result that is not pending.
    explicit outcome(detail::result<T>&& result) noexcept(
        std::is_nothrow_move_constructible_v<detail::result<T>>)
        : result_(std::move(result)) {}

    /// True if there is a value.
    explicit operator bool() const noexcept { return result_.has_value(); }

    /// The value. Throws the error if there is one.
    T& value() & { return result_.get(); }
    const T& value() const& { return result_.get(); }
    T&& value() && { return std::move(result_.get()); }

    /// The error, null if there is a value. A task that was cancelled has cancelled_error.
    std::exception_ptr error() const { return result_.error(); }

    /// True if the task was cancelled.
    bool cancelled() const noexcept { return result_.state() == detail::result_state::cancelled; }

private:
    detail::result<T> result_;
};

template <>
class outcome<void> {
public:
    explicit outcome(detail::result<void>&& result) noexcept : result_(std::move(result)) {}
    explicit operator bool() const noexcept { return result_.has_value(); }
    /// Throws the error if there is one.
    void value() const { static_cast<void>(result_.get()); }
    std::exception_ptr error() const { return result_.error(); }
    bool cancelled() const noexcept { return result_.state() == detail::result_state::cancelled; }

private:
    detail::result<void> result_;
};

}  // namespace skein
