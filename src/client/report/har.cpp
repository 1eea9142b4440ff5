// Owns HTTP Archives (HAR 1.2): entries out of trace events, and entries as JSON.
#include "client/report/har_entry.hpp"
#include "skein_features.hpp"

#include <skein/har.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace skein {

using client::har_entry;

struct har_recorder::state {
    explicit state(har_options what) : options(what) {}

    har_options options;
    std::deque<har_entry> done;
    std::unordered_map<std::uint64_t, har_entry> open;  // by request: the attempt that is under way

    void take(const trace_event& e);
    void finish(std::uint64_t request);
};

void har_recorder::state::finish(std::uint64_t request) {
    const auto found = open.find(request);
    if (found == open.end()) return;
    done.push_back(std::move(found->second));
    open.erase(found);
    while (done.size() > options.max_entries) done.pop_front();
}

void har_recorder::state::take(const trace_event& e) {
    const bool opens = e.kind == trace_kind::connection_queued_start ||
                       e.kind == trace_kind::connection_create_start ||
                       e.kind == trace_kind::connection_reuseconn;
    auto at = open.find(e.request);
    if (opens && at != open.end() && at->second.is_sent()) {  // a middleware has dropped its response
        finish(e.request);
        at = open.end();
    }
    if (at == open.end()) {
        if (!opens) return;  // between two attempts, or of an answer that came over no connection
        at = open.try_emplace(e.request).first;
        at->second.begin(e);
    }
    if (at->second.take(e, options)) finish(e.request);
}

har_recorder::har_recorder(har_options options) : state_(std::make_shared<state>(options)) {}

void har_recorder::operator()(const trace_event& event) const {
    state_->take(event);
}

nlohmann::json har_recorder::log() const {
    // In the order in which they began; of one moment, in that in which they ended.
    std::vector<std::tuple<clock::time_point, std::size_t, const har_entry*>> all;
    for (const auto& one : state_->done) all.emplace_back(one.started(), all.size(), &one);
    for (const auto& [request, one] : state_->open) all.emplace_back(one.started(), all.size(), &one);
    std::sort(all.begin(), all.end());
    auto entries = nlohmann::json::array();
    for (const auto& [began, place, one] : all) entries.push_back(one->to_json());
    return {{"log",
             {{"version", "1.2"},
              {"creator", {{"name", "skein"}, {"version", SKEIN_VERSION}}},
              {"entries", std::move(entries)}}}};
}

std::size_t har_recorder::entries() const noexcept {
    return state_->done.size() + state_->open.size();
}

void har_recorder::clear() noexcept {
    state_->done.clear();
}

}  // namespace skein
