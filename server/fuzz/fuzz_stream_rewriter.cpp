#include <array>
#include <chrono>
#include <cstdint>
#include <set>

#include "base/assert.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "rtp/stream_rewriter.hpp"
#include "srtp/replay_window.hpp"

// Packets of changing sources, in any order and repeated, sent, kept back or with others put in
// their place, and sounds of our own. Whatever it is: one
// SSRC, and no packet index of SRTP (RFC 3711 3.3.1) given twice; what we make ourselves follows
// what went before; who sends in order is soon heard.
namespace offhook::fuzz {
namespace {

constexpr std::uint32_t kSsrc = 7;

class Stream {
 public:
  Stream(std::uint16_t first_sequence, std::uint32_t first_timestamp)
      : rewriter_(kSsrc, first_sequence, first_timestamp) {}

  bool relay(std::uint64_t source, const rtp::Header& received, Time now) {
    const auto header = rewriter_.relay(source, received, now, rtp::kSamplesPerPacket);
    if (!header) return false;
    OFFHOOK_ASSERT(header->payload_type == received.payload_type);
    take(*header);
    return true;
  }
  void absorb(std::uint64_t source, const rtp::Header& received) {
    rewriter_.absorb(source, received);
  }
  void insert(std::uint64_t source, const rtp::Header& received, Time now) {
    take_next(rewriter_.insert(source, received, now));
  }
  void produce(std::uint64_t source, std::uint32_t timestamp, Time now) {
    take_next(rewriter_.produce(source, 13, false, timestamp, now, rtp::kSamplesPerPacket));
  }

 private:
  void take_next(const rtp::Header& header) {
    const bool first = indices_.empty();
    const std::uint64_t before = sent_.highest();
    take(header);
    OFFHOOK_ASSERT(first || sent_.highest() == before + 1);
  }
  void take(const rtp::Header& header) {
    OFFHOOK_ASSERT(header.ssrc == kSsrc);
    const auto index = srtp::guess_index(sent_, header.sequence);
    OFFHOOK_ASSERT(index && sent_.accepts(*index));
    sent_.mark(*index);
    OFFHOOK_ASSERT(indices_.insert(*index).second);
  }

  rtp::StreamRewriter rewriter_;
  srtp::ReplayWindow sent_;  // as the SRTP sender behind it sees it
  std::set<std::uint64_t> indices_;
};

// A source whose packets may go to and fro.
struct Source {
  std::uint32_t ssrc = 1;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;

  [[nodiscard]] rtp::Header header(int ahead = 0) const {
    return {.marker = false,
            .payload_type = 0,
            .sequence = static_cast<std::uint16_t>(sequence + ahead),
            .timestamp = timestamp + static_cast<std::uint32_t>(ahead) * rtp::kSamplesPerPacket,
            .ssrc = ssrc};
  }
  void move(int packets) {
    const rtp::Header moved = header(packets);
    sequence = moved.sequence;
    timestamp = moved.timestamp;
  }
};

void run(Program& program) {
  const auto word = [&] {
    const unsigned high = program.byte();
    return static_cast<std::uint16_t>(high << 8 | program.byte());
  };
  Stream stream(word(), program.byte() * 0x0101'0101U);
  Time now{};
  std::array<Source, 3> sources;
  while (!program.done()) {
    const std::uint64_t number = 16 + program.below(sources.size());
    Source& source = sources[number - 16];
    switch (program.below(8)) {
      case 0:
        source.move(static_cast<std::int8_t>(program.byte()));
        break;
      case 1:
        source.move(static_cast<std::int16_t>(word()));
        break;
      case 2:
        source.ssrc = program.byte();
        source.timestamp += std::uint32_t{program.byte()} << 24;
        break;
      case 3:
        switch (program.below(3)) {
          case 0:
            stream.absorb(number, source.header());
            break;
          case 1:
            stream.insert(number, source.header(), now);
            break;
          default:
            source.move(1);
            stream.absorb(number, source.header());
        }
        break;
      case 4:
        stream.produce(1 + program.below(3), rtp::local_timestamp(now), now);
        break;
      case 5: {  // a run in order: some may have been sent before, but it does not stay out
        unsigned refused = 0;
        for (std::size_t packets = program.byte(); packets > 0; --packets) {
          source.move(1);
          const bool out = stream.relay(number, source.header(), now);
          refused = out ? 0 : refused + 1;
          OFFHOOK_ASSERT(refused < rtp::StreamRewriter::kStepBackProof);
          now += rtp::kPacketTime;
        }
        break;
      }
      case 6:
        now += std::chrono::milliseconds(program.byte()) * (program.flag() ? 1'000 : 1);
        break;
      default:
        (void)stream.relay(number, source.header(static_cast<std::int8_t>(program.byte()) / 4),
                           now);
    }
  }
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  offhook::fuzz::Program program({data, size});
  offhook::fuzz::run(program);
  return 0;
}
