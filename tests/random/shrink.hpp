// Plays programs in processes of their own, so that one that crashes or hangs is only one that failed; and
// makes failing ones smaller.
#pragma once

#include "generate.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace programs {

/// What has been played.
struct totals {
    std::uint64_t programs = 0;
    std::uint64_t operations = 0;
    std::uint64_t events = 0;
    std::uint64_t cancelled = 0;
};

/// Plays the programs of the seeds from `first` up to `last`, in one process. False if one of them failed.
bool play_range(std::uint64_t first, std::uint64_t last, totals& sum);

/// What was wrong; empty if nothing.
std::vector<std::string> failures_of(const generated& one);

/// Leaves out operations, and scopes around operations, as long as it still fails.
void shrink(generated& failing);

}  // namespace programs
