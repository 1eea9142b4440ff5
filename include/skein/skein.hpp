// All of skein but <skein/testing.hpp> and <skein/uv.hpp>.
#pragma once

#include <skein/bytes.hpp>
#include <skein/cancelled_error.hpp>
#include <skein/clock.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/outcome.hpp>
#include <skein/run.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task.hpp>
#include <skein/task_group.hpp>
#include <skein/timeout.hpp>
#include <skein/to_thread.hpp>
