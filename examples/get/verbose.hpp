// What -v shows: what happens to requests, a line each, without the secrets in it.
#pragma once

#include <skein/trace.hpp>

#include <functional>
#include <string>

namespace get {

/// A trace function that says it in lines: `*` what is done, `>` what is sent, `<` what comes, after the
/// number of the request, as several are under way. Values of credentials, of cookies and of headers with
/// names like theirs are `***`, as are passwords in URLs; bodies are counted, not shown. The lines are
/// printable().
skein::trace_function verbose_trace(std::function<void(const std::string& line)> say);

}  // namespace get
