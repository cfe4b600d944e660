#include <algorithm>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "sip/message.hpp"
#include "sip/stream_framing.hpp"

// The bytes of a connection, and how TCP cut them: the first byte says how many cuts there are,
// then comes the length of each piece, then whether we sent a ping, then the bytes. However they are cut, the same messages and
// keep-alives come out, and reading ends at the same place.
namespace offhook::fuzz {
namespace {

constexpr std::string_view kPing = "\r\n\r\n";
constexpr std::string_view kPong = "\r\n";

struct Reading {
  std::vector<std::string> frames;
  bool failed = false;
  bool operator==(const Reading&) const = default;
};

// The parser sees the same end of the headers and of the body: nothing can hide between messages.
void check_whole(std::string_view frame) {
  OFFHOOK_ASSERT(frame.size() <= limits::kSipMessageBytes);
  const auto message = sip::parse_message(frame);
  if (!message) return;
  const std::string_view body =
      std::visit([](const auto& each) { return std::string_view(each.body); }, *message);
  OFFHOOK_ASSERT(frame.ends_with(body));
  frame.remove_suffix(body.size());
  OFFHOOK_ASSERT(frame.find("\r\n\r\n") == frame.size() - 4);
}

class Reader {
 public:
  // `pinged`: we sent a ping before all of it.
  explicit Reader(bool pinged) {
    if (pinged) framing_.expect_pong();
  }
  // False where the connection is to be closed.
  bool add(std::string_view bytes) {
    framing_.add(bytes);
    while (true) {
      const auto next = framing_.next();
      reading_.failed = !next;
      if (!next || !*next) return next.has_value();
      reading_.frames.push_back(std::visit(
          Overloaded{[](const sip::StreamFraming::Frame& frame) { return frame.message; },
                     [](const sip::StreamFraming::Ping&) { return std::string(kPing); },
                     [](const sip::StreamFraming::Pong&) { return std::string(kPong); }},
          **next));
      check_whole(reading_.frames.back());
    }
  }
  [[nodiscard]] const Reading& reading() const { return reading_; }

 private:
  sip::StreamFraming framing_;
  Reading reading_;
};

// Cut after each of these lengths in turn.
Reading read(std::string_view stream, const std::vector<std::size_t>& lengths, bool pinged) {
  Reader reader(pinged);
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const std::size_t length = std::max<std::size_t>(1, lengths[piece % lengths.size()]);
    if (!reader.add(stream.substr(0, length))) break;
    stream.remove_prefix(std::min(length, stream.size()));
  }
  return reader.reading();
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  fuzz::Program program({data, size});
  std::vector<std::size_t> lengths(1 + program.below(16));
  for (std::size_t& length : lengths) length = program.byte();
  const bool pinged = program.flag();
  const std::string_view stream = as_text(program.rest());
  const fuzz::Reading whole = fuzz::read(stream, {stream.size()}, pinged);
  OFFHOOK_ASSERT(fuzz::read(stream, lengths, pinged) == whole);
  OFFHOOK_ASSERT(fuzz::read(stream, {1}, pinged) == whole);
  // What came out is what came in, in its order.
  std::size_t bytes = 0;
  for (const std::string& frame : whole.frames) {
    const std::size_t at = stream.find(frame, bytes);
    OFFHOOK_ASSERT(at != std::string_view::npos);
    bytes = at + frame.size();
  }
  return 0;
}
