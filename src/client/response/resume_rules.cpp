// Owns the rules by which two responses are parts of one file.
#include "client/response/resume_rules.hpp"

#include "http/content_range.hpp"
#include "http/field_grammar.hpp"
#include "http/http_date.hpp"

namespace skein::client {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

/// The value of a field that occurs once.
std::optional<std::string_view> only(const headers& fields, std::string_view name) {
    const auto all = fields.get_all(name);
    return all.size() == 1 ? std::optional(all.front()) : std::nullopt;
}

bool is_coded(const headers& fields) {
    const auto coding = fields.get_joined("Content-Encoding");
    return coding && !http::equals_ignoring_case(*coding, "identity");
}

/// An entity tag that is not weak: W/"..." (RFC 9110, section 8.8.3).
std::optional<std::string_view> strong_etag(const headers& fields) {
    const auto etag = only(fields, "ETag");
    const bool quoted = etag && etag->size() >= 2 && etag->front() == '"' && etag->back() == '"';
    return quoted ? etag : std::nullopt;
}

/// A date of the last change that tells versions apart: the response was made at least a second later, so
/// that no change can have followed within the same second (section 8.8.2.2).
std::optional<std::string_view> strong_date(const headers& fields,
                                            std::chrono::system_clock::time_point now) {
    const auto modified = only(fields, "Last-Modified");
    const auto sent = only(fields, "Date");
    if (!modified || !sent) return std::nullopt;
    const auto changed_at = http::parse_http_date(*modified, floor<seconds>(now));
    const auto sent_at = http::parse_http_date(*sent, floor<seconds>(now));
    if (!changed_at || !sent_at || *sent_at < *changed_at + seconds(1)) return std::nullopt;
    return modified;
}

/// Takes the place of the part from Content-Range; false if that makes no sense.
bool place(file_part& part, const headers& fields, std::optional<std::uint64_t> content_length) {
    const auto value = only(fields, "Content-Range");
    const auto range = value ? http::parse_content_range(*value) : std::nullopt;
    if (!range || !range->satisfied || content_length.value_or(range->size()) != range->size()) return false;
    part.first = range->first;
    part.end = range->last + 1;
    part.size = range->total;
    part.to_the_end = false;
    return true;
}

continuation refused(std::string why) {
    continuation out;
    out.why = std::move(why);
    return out;
}

continuation judge_rest(const file_part& part, std::uint64_t at, const headers& fields,
                        std::optional<std::uint64_t> content_length) {
    const auto value = only(fields, "Content-Range");
    const auto range = value ? http::parse_content_range(*value) : std::nullopt;
    if (!range || !range->satisfied) return refused("a part without a Content-Range that makes sense");
    if (range->first != at)
        return refused("a part from byte " + std::to_string(range->first) + " on, not from " +
                       std::to_string(at));
    if (part.end && range->last >= *part.end) return refused("a part that ends behind what was asked for");
    if (content_length.value_or(range->size()) != range->size())
        return refused("a part whose Content-Length contradicts its Content-Range");
    if (part.size && range->total && *part.size != *range->total)
        return refused("a part of a file of " + std::to_string(*range->total) + " bytes, which had " +
                       std::to_string(*part.size));
    if (!part.end && !range->total) return refused("a part of a file of unknown size");
    continuation out;
    out.what = continuation::kind::rest;
    out.until = range->last + 1;
    out.size = range->total;
    return out;
}

}  // namespace

file_part part_of(const http1::response_head& head, std::optional<std::uint64_t> content_length,
                  std::chrono::system_clock::time_point now) {
    file_part part;
    const headers& fields = head.fields;
    if (head.status == 206) {
        if (!place(part, fields, content_length)) part.obstacle = "its Content-Range makes no sense";
    } else if (head.status == 200) {
        part.end = part.size = content_length;
    } else {
        part.obstacle = "its status is " + std::to_string(head.status);
    }
    if (const auto etag = strong_etag(fields)) {
        part.validator = *etag;
        part.by_etag = true;
    } else if (const auto date = strong_date(fields, now)) {
        part.validator = *date;
    } else if (part.obstacle.empty()) {
        part.obstacle = "it has no strong validator";
    }
    const auto accepts = fields.get_joined("Accept-Ranges");
    if (accepts && http::equals_ignoring_case(*accepts, "none")) part.obstacle = "the server has no ranges";
    if (is_coded(fields)) part.obstacle = "it has a content coding";
    return part;
}

std::string range_from(const file_part& part, std::uint64_t at) {
    std::string value = "bytes=" + std::to_string(at) + "-";
    if (!part.to_the_end && part.end) value += std::to_string(*part.end - 1);
    return value;
}

continuation judge_continuation(const file_part& part, std::uint64_t at, const http1::response_head& head,
                                std::optional<std::uint64_t> content_length) {
    const headers& fields = head.fields;
    if (head.status == 416) {
        const auto value = only(fields, "Content-Range");
        const auto range = value ? http::parse_content_range(*value) : std::nullopt;
        // Of a file of unknown size, all may have come before the cut.
        if (!part.end && range && !range->satisfied && range->total == at) {
            continuation out;
            out.what = continuation::kind::complete;
            return out;
        }
        return refused("status 416");
    }
    if (head.status != 200 && head.status != 206) return refused("status " + std::to_string(head.status));
    if (is_coded(fields)) return refused("a content coding");
    const auto now_it_is = only(fields, part.by_etag ? "ETag" : "Last-Modified");
    const bool same = now_it_is && *now_it_is == part.validator;
    if (head.status == 200) {
        if (!same || !part.by_etag || !part.to_the_end) return refused("another version of the file");
        if (part.size && content_length && *part.size != *content_length)
            return refused("the same version of the file with another length");
        continuation out;
        out.what = continuation::kind::all;
        out.until = content_length;
        out.size = content_length;
        return out;
    }
    if (now_it_is && !same) return refused("a part of another version of the file");
    return judge_rest(part, at, fields, content_length);
}

}  // namespace skein::client
