// Owns what the options ask of the library.
#include "options.hpp"

namespace get {

namespace {

// Long enough for a server to think, or a network to change.
constexpr std::chrono::seconds min_rate_window{30};

}  // namespace

skein::session_options options::session() const {
    skein::session_options out;
    if (!compressed) {
        // A file is saved as the server has it, so it is asked for as it is.
        out.default_headers.set("Accept-Encoding", "identity");
        out.decompress = false;
    }
    out.default_headers.set("User-Agent", "skein-get/" SKEIN_GET_VERSION);
    out.connector.limit = jobs;
    out.max_redirects = max_redirects;
    if (retries != 0) {
        out.retry = skein::retry_policy{.attempts = retries + 1};
        out.retry_budget.tokens =
            10 * static_cast<double>(jobs);  // one file in trouble does not use up those of the others
    }
    out.trust_netrc = netrc;
    out.netrc = netrc_file;
    connections.add_to(out);
    return out;
}

skein::client_request options::request(skein::client_session& from, std::string_view url) const {
    std::string verb = method;
    if (verb.empty()) verb = head ? "HEAD" : body.empty() ? "GET" : "POST";
    auto out = from.request(verb, url);
    out.headers(headers).follow_redirects(location);
    if (timeout) out.timeout(*timeout);
    if (min_rate != 0) {
        skein::timeouts limits;
        limits.min_rate = {min_rate, min_rate_window};
        out.timeout(limits);
    }
    if (has_user && digest)
        out.digest_auth(user, password);
    else if (has_user)
        out.basic_auth(user, password);
    if (!bearer.empty()) out.bearer(bearer);
    connections.add_to(out);
    body.add_to(out, headers.contains("Content-Type"));
    // Pieces of a compressed body, or of the answer to a question, cannot be put together.
    if (verb == "GET" && body.empty() && !compressed) out.resumable();
    return out;
}

}  // namespace get
