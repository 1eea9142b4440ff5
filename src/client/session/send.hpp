// The life of a request, from the pool to the response head.
#pragma once

#include "client/request/request_state.hpp"

#include <skein/client_response.hpp>
#include <skein/task.hpp>

#include <memory>

namespace skein::client {

/// Sends a request, follows redirects, and gives the response once its head is in.
task<client_response> send(std::unique_ptr<request_state> request);

}  // namespace skein::client
