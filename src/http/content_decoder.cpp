// Owns how codings are undone one after the other, and when enough is enough.
#include "http/content_decoder.hpp"

#include "http/field_grammar.hpp"

#include <optional>
#include <utility>

namespace skein::http {

namespace {

constexpr std::size_t between_stages_bytes = std::size_t{16} * 1024;
// What may pass between two codings before the caller is asked to let others run...
constexpr std::size_t most_work_bytes = std::size_t{1024} * 1024;
// ... and before nothing at all having come of it counts as an attack: three codings deep, a few bytes can
// keep a processor busy for years without one byte of body.
constexpr std::uint64_t most_idle_bytes = std::uint64_t{64} * 1024 * 1024;
// A ratio says little about a short body.
constexpr std::uint64_t short_body_bytes = std::uint64_t{1024} * 1024;

}  // namespace

std::vector<content_coding> codings_of(const headers& fields) {
    std::vector<content_coding> codings;
    bool all_known = true;
    for (const auto value : fields.get_all("Content-Encoding"))
        for_each_in_list(value, [&](std::string_view name) {
            if (equals_ignoring_case(name, "identity")) return;
            const auto coding = find_coding(name);
            all_known = all_known && coding;
            if (coding) codings.push_back(*coding);
        });
    if (!all_known) codings.clear();
    return codings;
}

content_decoder::content_decoder(const std::vector<content_coding>& applied, const decoding_limits& limits)
    : limits_(limits) {
    if (applied.size() > limits.max_codings) {
        why_ = "the body has " + std::to_string(applied.size()) + " content codings, over the limit of " +
               std::to_string(limits.max_codings);
        return;
    }
    for (const auto coding : applied) {
        if (const auto why = why_unavailable(coding, coding_use::decoding); !why.empty()) {
            why_ = "the body cannot be decompressed: " + why;
            return;
        }
    }
    stages_.reserve(applied.size());
    for (auto coding = applied.rbegin(); coding != applied.rend(); ++coding)
        stages_.push_back({.coding = *coding, .coder = make_decoder(*coding)});
    for (std::size_t i = 1; i < stages_.size(); ++i) stages_[i].room.resize(between_stages_bytes);
    room_ = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
}

// Fills `out` with what stage `at` makes, and lets the stages before it make what it needs for that. Stops
// when `out` is full, the wire has no more, enough work was done, or what there is to know of a fault is out.
void content_decoder::pull(std::size_t at, byte_view& wire, byte_room& out) {
    stage& s = stages_[at];
    byte_view& in = at == 0 ? wire : s.input;
    while (at_fault_ != &s) {
        const std::size_t before = in.size();
        const char* const fault = s.coder->decode(in, out);
        s.taken_bytes += before - in.size();
        if (fault != nullptr) {
            fault_ = fault;
            at_fault_ = &s;
        }
        if (at_fault_ == &s || out.empty() || at == 0 || work_bytes_ >= most_work_bytes) return;
        byte_room fresh = s.room;
        pull(at - 1, wire, fresh);
        s.input = byte_view(s.room).first(s.room.size() - fresh.size());
        work_bytes_ += s.input.size();
        if (s.input.empty()) return;
    }
}

content_decoder::event content_decoder::next(byte_view& in) {
    if (!why_.empty()) return event::failed;
    work_bytes_ = 0;
    byte_room out(room_.get(), piece_bytes);
    pull(stages_.size() - 1, in, out);
    piece_ = byte_view(room_.get(), piece_bytes - out.size());
    decoded_bytes_ += piece_.size();
    idle_bytes_ = piece_.empty() ? idle_bytes_ + work_bytes_ : 0;
    if (const event over = check_limits(); over == event::failed) return over;
    if (fault_ != nullptr && !out.empty() && work_bytes_ < most_work_bytes) note_fault();
    if (!piece_.empty()) return event::piece;
    if (!why_.empty()) return event::failed;
    return work_bytes_ >= most_work_bytes ? event::busy : event::need_data;
}

// What was good before it is given out first, so that it does not matter how the input was cut.
void content_decoder::note_fault() {
    why_ = "the body is malformed " + std::string(to_string(at_fault_->coding)) + " at byte " +
           std::to_string(at_fault_->taken_bytes);
    if (at_fault_ != stages_.data()) why_ += " of what the codings upon it gave";
    why_.append(": ").append(fault_);
}

content_decoder::event content_decoder::check_limits() {
    if (limits_.max_body_bytes != 0 && decoded_bytes_ > limits_.max_body_bytes)
        return fail("the decoded body is longer than the limit of " + std::to_string(limits_.max_body_bytes) +
                    " bytes");
    if (limits_.max_ratio != 0 && decoded_bytes_ > short_body_bytes &&
        decoded_bytes_ / limits_.max_ratio > stages_[0].taken_bytes)
        return fail("the decoded body is more than " + std::to_string(limits_.max_ratio) +
                    " times as long as what came: " + std::to_string(decoded_bytes_) + " bytes of " +
                    std::to_string(stages_[0].taken_bytes));
    if (idle_bytes_ > most_idle_bytes)
        return fail("the codings of the body have made " + std::to_string(idle_bytes_) +
                    " bytes out of each other, and nothing of the body");
    return event::need_data;
}

content_decoder::event content_decoder::finish() {
    if (!why_.empty()) return event::failed;
    for (const stage& s : stages_)
        if (!s.coder->complete())
            return fail("the body is incomplete " + std::string(to_string(s.coding)) + ": it ends at byte " +
                        std::to_string(s.taken_bytes));
    return event::end;
}

content_decoder::event content_decoder::fail(std::string why) {
    why_ = std::move(why);
    piece_ = {};
    return event::failed;
}

}  // namespace skein::http
