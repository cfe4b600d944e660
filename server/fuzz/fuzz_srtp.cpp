#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "rtp/packet.hpp"
#include "srtp/context.hpp"

// A sender under one key, and a network that loses, reorders, repeats, cuts and changes what it
// sends, and puts in what it likes. Whatever it is: what comes out went in, byte by byte and once;
// what was changed does not, and does no harm to what was not.
namespace offhook::fuzz {
namespace {

constexpr std::array kProfiles{srtp::Profile::AeadAes128Gcm, srtp::Profile::AesCm128HmacSha1_80,
                               srtp::Profile::AeadAes256Gcm, srtp::Profile::AesCm128HmacSha1_32};
constexpr std::size_t kMaxPackets = 64;
constexpr std::size_t kBufferBytes = 1'024;

struct Packet {
  bool is_rtcp;
  Bytes plain;
  Bytes wire;
};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done()) {
      switch (program_.below(4)) {
        case 0:
          send();
          break;
        case 1:
          if (!packets_.empty()) deliver(program_.below(packets_.size()));
          break;
        case 2:
          if (!packets_.empty()) deliver_changed(packets_[program_.below(packets_.size())].wire);
          break;
        default: {
          const ByteView bytes = program_.bytes();
          refuse({bytes.begin(), bytes.end()});
        }
      }
    }
    // Nothing has done harm: what is sent now is read.
    if (packets_.size() == kMaxPackets) packets_.clear(), delivered_.clear();
    const std::size_t before = packets_.size();
    sequence_ = static_cast<std::uint16_t>(sequence_ + 1);
    send_rtp(ssrc_, sequence_);
    if (packets_.size() > before) deliver(before);
  }

 private:
  void send() {
    if (packets_.size() == kMaxPackets) return;
    if (program_.below(4) == 0) return send_rtcp();
    if (program_.below(8) == 0) ssrc_ = program_.byte();
    // Mostly the next; also the one before, and far ahead, so that the roll-over comes.
    const std::uint8_t step = program_.byte();
    sequence_ = static_cast<std::uint16_t>(sequence_ + (step < 192   ? 1
                                                        : step < 224 ? -(step - 191)
                                                                     : (step - 223) * 100));
    send_rtp(ssrc_, sequence_);
  }
  void send_rtp(std::uint32_t ssrc, std::uint16_t sequence) {
    Bytes plain(rtp::kHeaderBytes);
    rtp::write_header(
        {.payload_type = 0, .sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc},
        std::span<std::uint8_t, rtp::kHeaderBytes>(plain.data(), rtp::kHeaderBytes));
    const ByteView payload = program_.bytes();
    plain.insert(plain.end(), payload.begin(), payload.end());
    protect(false, std::move(plain));
  }
  void send_rtcp() {
    Bytes plain{0x80, 201, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(ssrc_)};
    const ByteView more = program_.bytes();
    plain.insert(plain.end(), more.begin(), more.end());
    protect(true, std::move(plain));
  }
  void protect(bool is_rtcp, Bytes plain) {
    std::array<std::uint8_t, kBufferBytes> buffer{};
    std::ranges::copy(plain, buffer.begin());
    const auto wire = is_rtcp ? sender_.protect_rtcp(buffer, plain.size())
                              : sender_.protect_rtp(buffer, plain.size());
    if (!wire) return;
    OFFHOOK_ASSERT(wire->size() > plain.size() &&
                   wire->size() <= plain.size() + srtp::kMaxTrailerBytes);
    // An index of the key stream is used once.
    if (!is_rtcp) OFFHOOK_ASSERT(wires_.insert({wire->begin(), wire->end()}).second);
    packets_.push_back({is_rtcp, std::move(plain), {wire->begin(), wire->end()}});
    delivered_.push_back(false);
  }
  void deliver(std::size_t number) {
    const Packet& packet = packets_[number];
    Bytes copy = packet.wire;
    const auto plain = unprotect(packet.is_rtcp, copy);
    if (plain) {
      OFFHOOK_ASSERT(!delivered_[number]);
      OFFHOOK_ASSERT(std::ranges::equal(*plain, packet.plain));
      delivered_[number] = true;
    } else if (!delivered_[number]) {  // too old, or of one stream too many
      OFFHOOK_ASSERT(plain.error() != srtp::PacketError::TooShort);
    }
  }
  void deliver_changed(Bytes bytes) {
    const Bytes before = bytes;
    switch (program_.below(3)) {
      case 0:
        bytes.resize(program_.byte() % bytes.size());
        break;
      case 1: {
        const ByteView more = program_.bytes();
        bytes.insert(bytes.end(), more.begin(), more.end());
        break;
      }
      default: {
        const std::size_t at = program_.byte() % bytes.size();
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ program_.byte());
      }
    }
    if (bytes != before) refuse(std::move(bytes));
  }
  void refuse(Bytes bytes) {
    Bytes copy = bytes;
    OFFHOOK_ASSERT(!receiver_.unprotect_rtp(copy));
    OFFHOOK_ASSERT(!receiver_.unprotect_rtcp(bytes));
  }
  std::expected<MutableByteView, srtp::PacketError> unprotect(bool is_rtcp, Bytes& bytes) {
    return is_rtcp ? receiver_.unprotect_rtcp(bytes) : receiver_.unprotect_rtp(bytes);
  }

  Program& program_;
  srtp::Profile profile_ = program_.one_of(kProfiles);
  Bytes key_ = Bytes(srtp::key_bytes(profile_) + srtp::salt_bytes(profile_), 0x42);
  srtp::Sender sender_ = srtp::Sender::make(profile_, key_).value();
  srtp::Receiver receiver_ = srtp::Receiver::make(profile_, key_).value();
  std::uint32_t ssrc_ = 1;
  std::uint16_t sequence_ = 0x7FF0;
  std::vector<Packet> packets_;
  std::vector<bool> delivered_;
  std::set<Bytes> wires_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
