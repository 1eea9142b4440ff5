// A deterministic simulation, for tests: time that jumps, a network in memory, an order of tasks that a seed
// chooses, and faults at every wait. Programs run in it as they are.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/child.hpp>
#include <skein/detail/result.hpp>
#include <skein/task.hpp>
#include <skein/testing_http.hpp>
#include <skein/testing_mock.hpp>
#include <skein/testing_network.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace skein::testing {

/// How a simulation behaves.
struct simulation_options {
    /// What is ready runs in an order that the seed chooses: the same seed, the same run. Unset: first in,
    /// first out, as in production.
    std::optional<std::uint64_t> seed = {};
    /// Told of each exception that nobody can receive. Default: one line on standard error.
    std::function<void(std::string_view context, std::exception_ptr error)> exception_handler = {};
    /// A run of more steps counts as one that never ends. A step is a task that runs from one wait to the
    /// next.
    std::uint64_t most_steps = 100'000'000;
};

/// Everybody waits for what cannot happen any more, or the run takes more steps than it may. what() lists who
/// waits. Everything has been cancelled and has ended.
class SKEIN_API deadlock_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
    ~deadlock_error() override;
};

class simulation_core;

/// A loop of this thread on a clock of its own, which jumps to the next deadline when nothing is ready: an
/// hour of sleeps takes no time. Between runs the network stays as it is. While it lives, there is no other
/// loop in this thread. What to_thread() is given runs in this thread, in its turn. What needs libuv's loop
/// itself, as wait_readable() does, is a std::logic_error here.
class SKEIN_API simulation {
public:
    /// Throws std::logic_error if a loop runs in this thread.
    explicit simulation(simulation_options options = simulation_options());
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;
    ~simulation();

    /// As skein::run(): runs `main` to its end and gives its result, then cancels what is left and closes
    /// connections; servers end last. *Throws:* what `main` throws; deadlock_error; std::logic_error if a
    /// time limit or a connection is left behind.
    template <class T>
    T run(task<T> main) {
        detail::result<T> out;
        run_to_end(std::make_unique<detail::child_job<T>>(std::move(main), out));
        return out.take();
    }
    /// The same for a callable that gives a task; it is kept meanwhile, so a lambda may capture.
    template <class Fn>
    requires detail::async_callable<Fn>
    auto run(Fn&& body) { return run(detail::to_task(body())); }

    testing::network& network() noexcept;
    /// How much time has passed in it.
    clock::duration elapsed() const noexcept;

private:
    void run_to_end(std::unique_ptr<detail::job> main);

    std::unique_ptr<simulation_core> core_;
};

/// Runs a task in a simulation of its own.
template <class T>
T run(task<T> main, simulation_options options = simulation_options()) {
    return simulation(std::move(options)).run(std::move(main));
}
/// The same for a callable that gives a task; it is kept meanwhile.
template <class Fn>
requires detail::async_callable<Fn>
auto run(Fn&& body, simulation_options options = simulation_options()) {
    return simulation(std::move(options)).run(body);
}

/// The network of the simulation that runs in this thread. Throws std::logic_error if none does.
SKEIN_API network& this_network();
/// How much time has passed in the simulation that runs in this thread, or ran last.
SKEIN_API clock::duration elapsed() noexcept;

/// What for_each_wait() lets happen.
enum class fault : std::uint8_t {
    cancel_main,     ///< the scenario's own task is cancelled
    cancel_waiting,  ///< the task that waits is cancelled: a child, a background task, a server
    time_out,        ///< a time limit around the whole scenario runs out
    reset,           ///< every connection is reset; what is being connected or looked up fails
    stall,           ///< the process is held up for an hour: whatever has a deadline is late
};
SKEIN_API std::string_view to_string(fault what) noexcept;

/// How for_each_wait() looks at a run.
struct sweep_options {
    /// As in simulation_options, for every run.
    std::optional<std::uint64_t> seed = {};
    /// Called after each run with a fault, with what the scenario threw (null: nothing); throws if that is
    /// not as it should be. Default: the scenario may end well, or with cancelled_error, or with a
    /// skein::error.
    std::function<void(std::exception_ptr outcome)> check = {};
};

/// A run with a fault went wrong. what() says which fault, at which wait, and what happened.
class SKEIN_API sweep_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
    ~sweep_error() override;
};

/// Runs the scenario in one fresh simulation after the other, and lets the fault happen at the first wait of
/// any task, then at the second, and so on, until it ends untouched. After each run: everybody has ended, no
/// time limit, connection or coroutine is left behind. Gives the number of waits. Nothing outlives the
/// scenario that it has made, or it counts as left behind.
/// *Throws:* sweep_error; what the untouched scenario throws.
SKEIN_API std::size_t for_each_wait(const std::function<task<>()>& scenario, fault what,
                                    const sweep_options& options = sweep_options());
/// The same with every kind of fault in turn; gives the sum.
SKEIN_API std::size_t for_each_wait(const std::function<task<>()>& scenario,
                                    const sweep_options& options = sweep_options());

}  // namespace skein::testing
