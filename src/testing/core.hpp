// The simulation itself: a host whose clock is told the time, and which runs one ready node at a time.
#pragma once

#include "loop/host.hpp"
#include "loop/random.hpp"
#include "testing/dice.hpp"
#include "testing/simulated_network.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/testing.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

namespace skein::testing {

class simulation_core final : public loop::host {
public:
    explicit simulation_core(simulation_options options);
    ~simulation_core() override;

    /// The simulation of this thread. Throws std::logic_error, naming `what`, if there is none.
    static simulation_core& current(const char* what);
    /// How much time the simulation of this thread has let pass.
    static clock::duration elapsed() noexcept;

    /// Runs `main` and everything else to its end. Throws deadlock_error, and std::logic_error if something
    /// is left behind.
    void run(std::unique_ptr<detail::job> main);

    /// Called each time a task has begun to wait, while `main` has not ended.
    void set_wait_observer(std::function<void(detail::job&)> observer) { on_wait_ = std::move(observer); }
    void cancel_main() noexcept { main_scope_.cancel_children(); }
    /// Lets time pass without anybody running.
    void stall(clock::duration how_long) noexcept;

    simulated_network& network() noexcept { return network_; }
    testing::network& public_network() noexcept { return public_network_; }
    void begin(loop::blocking_call& one) override;
    void cancel(loop::blocking_call& one) noexcept override;
    std::chrono::system_clock::time_point wall_time() const noexcept override;

private:
    class main_scope final : public detail::scope {
        void child_done(bool, const std::exception_ptr*) noexcept override {}
    };

    bool turn() noexcept;
    void step() noexcept;
    template <class Done>
    void drive(Done done);
    void get_unstuck(const std::string& why) noexcept;
    void check_nothing_left();

    class chance final : public loop::random_source {
    public:
        explicit chance(dice& numbers) noexcept : numbers_(numbers) {}
        void fill(std::span<std::byte> out) override;

    private:
        dice& numbers_;
    };

    simulation_options options_;
    dice random_;
    dice unguessable_;
    chance chance_{unguessable_};
    loop::random_override instead_of_chance_{chance_};
    simulated_network network_;
    testing::network public_network_{network_};
    net::network_override instead_{network_};
    main_scope main_scope_;
    std::function<void(detail::job&)> on_wait_;
    // Recycled, so that a test that counts allocations may run in a simulation.
    using job_steps =
        std::unordered_map<detail::job*, std::uint64_t, std::hash<detail::job*>, std::equal_to<>,
                           detail::recycling_allocator<std::pair<detail::job* const, std::uint64_t>>>;
    job_steps waiting_;  // since which step
    std::uint64_t steps_ = 0;
    std::uint64_t last_step_ = 0;  // beyond which the run never ends
    bool ending_ = false;
    int stuck_ = 0;        // how often, in this run
    std::string failure_;  // why it was stuck first
};

}  // namespace skein::testing
