// Structured concurrency's two parts: a job whose result goes straight to a slot of its owner, and a scope
// that an owner waits in until every such job has ended.
#pragma once

#include <skein/detail/recycler.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

namespace skein::detail {

template <class T>
class child_job final : public job, public recycled {
public:
    /// `out` outlives the job. Throws std::logic_error for an empty task.
    child_job(task<T>&& work, result<T>& out) : job(work.release()), out_(out) {}

private:
    void finish(task_handle root) noexcept override {
        if constexpr (std::is_void_v<T>) out_.reset();  // tasks without a result may share one
        const auto how = take_from_root(out_, root);
        leave_scope(how, out_);
        delete this;
    }

    result<T>& out_;
};

/// A scope whose owner waits in it: gather, wait_for, shield. What the owner's cancellation and a child's
/// failure mean is decided by who derives from it.
class SKEIN_API join_scope : public scope, private wait {
public:
    enum class on_owner_cancel : std::uint8_t { cancel_children, let_them_run };

    explicit join_scope(on_owner_cancel policy = on_owner_cancel::cancel_children) noexcept
        : policy_(policy) {}

    template <class T>
    void start_child(task<T>&& work, result<T>& out) {
        start(*new child_job<T>(std::move(work), out));
    }

    /// Waits until no child is left. Never throws; what comes next is for the owner to decide.
    auto join() noexcept {
        struct awaiter {
            join_scope& scope;
            explicit awaiter(join_scope& s) noexcept : scope(s) {}
            bool await_ready() const noexcept { return !scope.has_children(); }
            void await_suspend(task_handle at) const noexcept { scope.wait_at(at); }
            void await_resume() const noexcept {}
        };
        return awaiter(*this);
    }

    /// The job that the scope was made in, and that waits.
    bool owner_cancelled() const noexcept { return owner_->cancel_requested(); }
    /// Whether its waits throw: cancelled, or interrupted.
    bool owner_must_stop() const noexcept { return owner_->must_stop(); }

    /// Cancels the children, of which no more shall come.
    void end_children() noexcept {
        ending_ = true;
        cancel_children();
    }
    /// Whether the children have been told to end: those that end cancelled do as they were told.
    bool ending() const noexcept { return ending_; }

protected:
    void child_done(bool, const std::exception_ptr*) noexcept override { wake_if_done(); }
    void wake_if_done() noexcept {
        if (!has_children()) wake_owner();
    }
    void wake_owner() noexcept {
        if (suspended()) wake();
    }
    /// Suspends the owner until wake_owner(); tells the children to end if it is cancelled, now or meanwhile.
    void wait_at(task_handle at) noexcept;

private:
    void on_cancel() noexcept final;
    void describe(std::string& out) const final;
    const scope* awaited() const noexcept final { return this; }
    const job* owner() const noexcept final { return owner_; }

    const job* owner_ = this_kernel.job;
    on_owner_cancel policy_;
    bool ending_ = false;
};

}  // namespace skein::detail
