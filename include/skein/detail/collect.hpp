// Children that keep their results until their scope takes them: for first and as_completed, which want to
// know who has ended, and when.
#pragma once

#include <skein/detail/batch.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace skein::detail {

class collected_job;

/// A batch that is handed its children when they have ended.
class SKEIN_API collecting_scope : public batch_scope {
public:
    using batch_scope::batch_scope;
    virtual void collect(std::unique_ptr<collected_job> ended) noexcept = 0;

protected:
    ~collecting_scope() override = default;
};

/// A child of a collecting_scope; what does not depend on the type of its result.
class SKEIN_API collected_job : public job {
public:
    /// Which one it is of its siblings.
    std::size_t index() const noexcept { return index_; }
    virtual result_state state() const noexcept = 0;
    /// The exception: of cancellation too; null if there is a value.
    virtual std::exception_ptr error() const noexcept = 0;

protected:
    collected_job(task_handle root, std::size_t index) noexcept : job(root), index_(index) {}

private:
    std::size_t index_;
};

template <class T>
class collected_job_of final : public collected_job, public recycled {
public:
    /// `scope` outlives the job. Throws std::logic_error for an empty task.
    collected_job_of(task<T>&& work, collecting_scope& scope, std::size_t index)
        : collected_job(work.release(), index), scope_(scope) {}
    /// Of a job that has ended.
    result<T>& get() noexcept { return result_; }
    result_state state() const noexcept override { return result_.state(); }
    std::exception_ptr error() const noexcept override { return result_.error(); }

private:
    void finish(task_handle root) noexcept override {
        const auto how = take_from_root(result_, root);
        leave_scope(how == result_state::cancelled, nullptr);
        scope_.collect(std::unique_ptr<collected_job>(this));
    }

    collecting_scope& scope_;
    result<T> result_;
};

}  // namespace skein::detail
