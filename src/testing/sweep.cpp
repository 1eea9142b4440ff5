// Owns for_each_wait(): one fault at each wait of a scenario, and what must hold afterwards.
#include "task/describe.hpp"
#include "testing/core.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/error.hpp>
#include <skein/testing.hpp>
#include <skein/timeout.hpp>

#include <string>
#include <utility>

namespace skein::testing {

sweep_error::~sweep_error() = default;

std::string_view to_string(fault what) noexcept {
    switch (what) {
        case fault::cancel_main:
            return "cancel_main";
        case fault::cancel_waiting:
            return "cancel_waiting";
        case fault::time_out:
            return "time_out";
        case fault::reset:
            return "reset";
        case fault::stall:
            return "stall";
    }
    return "unknown";
}

namespace {

/// One run: the fault comes at the n-th wait, if there are so many.
class attempt {
public:
    attempt(const std::function<task<>()>& scenario, fault what, std::size_t at, const sweep_options& options)
        : scenario_(scenario), fault_(what), at_(at), core_(options_of(options)) {}

    /// The number of waits. `outcome` becomes what the scenario threw.
    std::size_t run(std::exception_ptr& outcome) {
        core_.set_wait_observer([this](detail::job& waiting) { on_wait(waiting); });
        detail::result<void> out;
        core_.run(std::make_unique<detail::child_job<void>>(main_task(*this), out));
        outcome = out.error();
        return waits_;
    }
    bool happened() const noexcept { return waits_ >= at_; }

private:
    static simulation_options options_of(const sweep_options& options) {
        simulation_options mine;
        mine.seed = options.seed;
        // With a fault, there may well be errors that nobody can receive: a second one in a gather(), say.
        mine.exception_handler = [](std::string_view, const std::exception_ptr&) {};
        return mine;
    }

    static task<> main_task(attempt& self) {
        if (self.fault_ != fault::time_out) {
            co_await self.scenario_();
            co_return;
        }
        const auto body = [&self](timeout_scope& limit) { return limited(self, limit); };
        co_await with_timeout(std::chrono::hours(24 * 365), body);
    }
    static task<> limited(attempt& self, timeout_scope& limit) {
        struct forget {
            attempt& of;
            ~forget() { of.limit_ = nullptr; }
        } at_end{self};
        self.limit_ = &limit;
        co_await self.scenario_();
    }

    void on_wait(detail::job& waiting) {
        if (++waits_ != at_) return;
        switch (fault_) {
            case fault::cancel_main:
                return core_.cancel_main();
            case fault::cancel_waiting:
                return waiting.cancel();
            case fault::time_out:
                if (limit_ != nullptr) limit_->reschedule(core_.scheduler().now());
                return;
            case fault::reset:
                return core_.network().reset_all();
            case fault::stall:
                return core_.stall(std::chrono::hours(1));
        }
    }

    const std::function<task<>()>& scenario_;
    fault fault_;
    std::size_t at_;
    std::size_t waits_ = 0;
    timeout_scope* limit_ = nullptr;
    simulation_core core_;
};

/// The check of who asks for none.
void check_outcome(const std::exception_ptr& outcome) {
    try {
        if (outcome) std::rethrow_exception(outcome);
    } catch (const cancelled_error&) {
    } catch (const error&) {}
}

}  // namespace

std::size_t for_each_wait(const std::function<task<>()>& scenario, fault what, const sweep_options& options) {
    for (std::size_t at = 1;; ++at) {
        const std::size_t in_use = detail::count_recycled_in_use();
        std::exception_ptr outcome;
        std::size_t waits = 0;
        bool happened = false;
        try {
            {
                attempt one(scenario, what, at, options);
                waits = one.run(outcome);
                happened = one.happened();
            }
            if (happened) options.check ? options.check(outcome) : check_outcome(outcome);
            const bool untouched = !happened;
            if (untouched && outcome) std::rethrow_exception(outcome);
            outcome = nullptr;
            const std::size_t still = detail::count_recycled_in_use();
            if (still != in_use)
                throw std::logic_error(std::to_string(still - in_use) +
                                       " blocks of memory were left behind: coroutines, tasks, headers");
        } catch (...) {
            if (!happened && waits != 0) throw;
            throw sweep_error(std::string(to_string(what)) + " at wait " + std::to_string(at) + ": " +
                              detail::words_of(std::current_exception()));
        }
        if (!happened) return waits;
    }
}

std::size_t for_each_wait(const std::function<task<>()>& scenario, const sweep_options& options) {
    std::size_t waits = 0;
    for (const fault what :
         {fault::cancel_main, fault::cancel_waiting, fault::time_out, fault::reset, fault::stall})
        waits += for_each_wait(scenario, what, options);
    return waits;
}

}  // namespace skein::testing
