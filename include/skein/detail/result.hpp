// What a coroutine ended with: a value, an exception, or cancellation.
#pragma once

#include <skein/cancelled_error.hpp>
#include <skein/detail/config.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

namespace skein::detail {

enum class result_state : std::uint8_t { pending, value, error, cancelled, taken };

/// Inside a catch block: whether what was caught is cancelled_error.
SKEIN_API bool caught_cancellation() noexcept;
[[noreturn]] SKEIN_API void throw_result_taken();
[[noreturn]] SKEIN_API void throw_result_pending();

template <class T>
class result {
    static_assert(!std::is_reference_v<T>, "a task cannot return a reference: return a pointer");
    using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

public:
    result() noexcept {}
    result(result&& other) noexcept(std::is_nothrow_move_constructible_v<stored>) { take_over(other); }
    result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<stored>) {
        if (this != &other) {
            reset();
            take_over(other);
        }
        return *this;
    }
    ~result() { reset(); }

    result_state state() const noexcept { return state_; }
    bool has_value() const noexcept { return state_ == result_state::value; }

    template <class... Args>
    void set_value(Args&&... args) {
        new (static_cast<void*>(std::addressof(value_))) stored(std::forward<Args>(args)...);
        state_ = result_state::value;
    }
    void set_error(std::exception_ptr error) noexcept {
        new (static_cast<void*>(std::addressof(error_))) std::exception_ptr(std::move(error));
        state_ = result_state::error;
    }
    void set_cancelled() noexcept { state_ = result_state::cancelled; }
    void set_caught() noexcept {  // inside a catch block
        if (caught_cancellation())
            set_cancelled();
        else
            set_error(std::current_exception());
    }

    /// What another one has, while this one is pending.
    void take_over(result& other) noexcept(std::is_nothrow_move_constructible_v<stored>) {
        if (other.state_ == result_state::value) [[likely]]
            set_value(std::move(other.value_));
        else if (other.state_ == result_state::error)
            set_error(std::move(other.error_));
        else
            state_ = other.state_;
    }

    /// What was thrown, other than cancellation; null if nothing. Valid as long as this is not changed.
    const std::exception_ptr* thrown() const noexcept {
        return state_ == result_state::error ? &error_ : nullptr;
    }

    /// The exception: of cancellation too; null if there is a value.
    std::exception_ptr error() const {
        if (state_ == result_state::error) return error_;
        if (state_ == result_state::cancelled) return std::make_exception_ptr(cancelled_error());
        return nullptr;
    }

    /// The value, in place. Throws what the coroutine threw.
    stored& get() {
        check();
        return value_;
    }
    const stored& get() const {
        check();
        return value_;
    }

    /// The value, moved out: the next call is a std::logic_error. Throws what the coroutine threw.
    T take() {
        check();
        if constexpr (!std::is_void_v<T>) {
            taken_guard guard{*this};
            return std::move(value_);
        }
    }

    void reset() noexcept {
        if (state_ == result_state::value)
            value_.~stored();
        else if (state_ == result_state::error) [[unlikely]]
            std::destroy_at(&error_);
        state_ = result_state::pending;
    }

private:
    struct taken_guard {
        result& owner;
        ~taken_guard() {
            owner.value_.~stored();
            owner.state_ = result_state::taken;
        }
    };

    void check() const {
        if (state_ == result_state::value) [[likely]]
            return;
        if (state_ == result_state::error) std::rethrow_exception(error_);
        if (state_ == result_state::cancelled) throw cancelled_error();
        if (state_ == result_state::taken) throw_result_taken();
        throw_result_pending();
    }

    union {
        stored value_;
        std::exception_ptr error_;
    };
    result_state state_ = result_state::pending;
};

}  // namespace skein::detail
