// Makes programs, each from a seed.
#pragma once

#include "program.hpp"

#include <cstdint>

namespace programs {

struct generated {
    body program;
    bool must_end;  // nobody waits for what never happens: the waits form no circle, every promise is set
};

generated generate(std::uint64_t seed);

}  // namespace programs
