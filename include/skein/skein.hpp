// All of skein but <skein/testing.hpp> and <skein/uv.hpp>.
#pragma once

#include <skein/bytes.hpp>
#include <skein/cancelled_error.hpp>
#include <skein/client_request.hpp>
#include <skein/client_response.hpp>
#include <skein/client_session.hpp>
#include <skein/clock.hpp>
#include <skein/error.hpp>
#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>
#include <skein/outcome.hpp>
#include <skein/request_report.hpp>
#include <skein/run.hpp>
#include <skein/session_options.hpp>
#include <skein/shield.hpp>
#include <skein/sleep.hpp>
#include <skein/task.hpp>
#include <skein/task_group.hpp>
#include <skein/timeout.hpp>
#include <skein/timeouts.hpp>
#include <skein/tls_context.hpp>
#include <skein/tls_errc.hpp>
#include <skein/to_thread.hpp>
#include <skein/url.hpp>
