// A thread that notices when one step of a task keeps the loop from everything else.
#pragma once

#include <skein/detail/scheduler.hpp>
#include <skein/run.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <source_location>
#include <string>
#include <thread>

namespace skein::loop {

/// Told of each step by the scheduler; looks at them from a thread of its own, and reports each that takes
/// longer than the limit, once, while it lasts. What the thread sees is copied before the step begins, so it
/// does not matter what becomes of the task in it.
class watchdog final : public detail::step_watch {
public:
    /// *Throws:* std::system_error if there can be no thread.
    watchdog(clock::duration limit, std::function<void(const blocked_task&)> report);
    ~watchdog() override;

private:
    void step_begins(const detail::job* one) noexcept override;
    void step_ends() noexcept override;
    void watch();
    void report(std::unique_lock<std::mutex>& lock);

    const clock::duration limit_;
    const std::function<void(const blocked_task&)> report_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::uint64_t step_ = 0;  // of which the rest speaks
    bool running_ = false;
    bool asleep_ = false;  // the thread waits for a step to begin
    bool ending_ = false;
    clock::time_point began_;
    std::string name_;
    std::source_location created_;
    std::source_location function_;

    std::thread thread_;  // last: it sees all the others
};

}  // namespace skein::loop
