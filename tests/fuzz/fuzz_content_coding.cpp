// The decoders on any bytes: nothing crashes, no piece is larger than it may be, work stays in proportion,
// zlib's verdict does not depend on how the input was cut, and what is encoded comes back. The first byte
// chooses the codings, the second the cuts; the rest is the body.
#include "http/content_decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace skein;
using http::content_decoder;
using event = content_decoder::event;

[[noreturn]] void report(const char* what) {
    std::cerr << what << '\n';
    std::abort();
}

constexpr decoding_limits limits = {.max_codings = 5, .max_body_bytes = 1 << 22, .max_ratio = 0};

struct outcome {
    bool ok = false;
    std::string text;
    std::string why;
    bool operator==(const outcome&) const = default;
};

outcome decode(const std::vector<content_coding>& codings, byte_view body, std::size_t cut) {
    outcome o;
    content_decoder decoder(codings, limits);
    const auto failed = [&] {
        o.why = decoder.why();
        return o;
    };
    while (!body.empty()) {
        byte_view in = body.first(std::min(cut, body.size()));
        body = body.subspan(in.size());
        for (event now = decoder.next(in); now != event::need_data; now = decoder.next(in)) {
            if (now == event::failed) return failed();
            if (now != event::piece) continue;
            if (decoder.piece().empty() || decoder.piece().size() > content_decoder::piece_bytes)
                report("a piece of a size that cannot be");
            o.text += as_text(decoder.piece());
        }
        if (!in.empty()) report("input is left, and more is asked for");
    }
    if (decoder.finish() == event::failed) return failed();
    o.ok = true;
    return o;
}

void check_round_trip(content_coding coding, byte_view body) {
    const auto coder = http::make_encoder(coding);
    std::vector<std::byte> coded;
    std::byte room[512];
    const auto keep = [&](http::byte_room left) {
        coded.insert(coded.end(), room, room + sizeof room - left.size());
    };
    for (byte_view in = body; !in.empty();) {
        http::byte_room out = room;
        coder->encode(in, out);
        keep(out);
    }
    for (bool done = false; !done;) {
        http::byte_room out = room;
        done = coder->finish(out);
        keep(out);
    }
    const outcome o = decode({coding}, coded, 100);
    if (!o.ok || o.text != as_text(body)) report("what was encoded does not come back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::vector<content_coding> codings;
    bool only_zlib = true;
    for (unsigned choice = data[0] | 0x100; choice > 3 && codings.size() < 3; choice >>= 3) {
        const auto coding = static_cast<content_coding>(choice & 3);
        if (!is_supported(coding)) return 0;
        only_zlib = only_zlib && (coding == content_coding::gzip || coding == content_coding::deflate);
        codings.push_back(coding);
        if ((choice & 4) == 0) break;
    }
    const byte_view body = std::as_bytes(std::span(data + 2, size - 2));
    const outcome whole = decode(codings, body, body.size() + 1);
    const outcome cut = decode(codings, body, 1 + data[1] % 32);
    if (whole.ok != cut.ok && whole.why.find("limit") == std::string::npos &&
        cut.why.find("limit") == std::string::npos)
        report("the verdict depends on the cuts");
    if (only_zlib && whole.why.find("limit") == std::string::npos && !(whole == cut))
        report("the outcome depends on the cuts");
    check_round_trip(codings[0], body.first(std::min<std::size_t>(body.size(), 4096)));
    return 0;
}
