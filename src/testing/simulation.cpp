// Owns what a program says to a simulation.
#include "testing/core.hpp"

#include <skein/testing.hpp>

#include <utility>

namespace skein::testing {

deadlock_error::~deadlock_error() = default;

simulation::simulation(simulation_options options)
    : core_(std::make_unique<simulation_core>(std::move(options))) {}
simulation::~simulation() = default;

testing::network& simulation::network() noexcept {
    return core_->public_network();
}
clock::duration simulation::elapsed() const noexcept {
    return simulation_core::elapsed();
}
void simulation::run_to_end(std::unique_ptr<detail::job> main) {
    core_->run(std::move(main));
}

network& this_network() {
    return simulation_core::current("this_network()").public_network();
}
clock::duration elapsed() noexcept {
    return simulation_core::elapsed();
}

}  // namespace skein::testing
