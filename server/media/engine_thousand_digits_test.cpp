#include <array>
#include <string>
#include <vector>

#include "media/test_engine.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/telephone_event.hpp"
#include "rtp/tone_detector.hpp"

// A thousand digits through a bridge, both ways at once: as events and as tones, as they come from a
// browser or from a provider, pressed by command, over good and bad networks.
namespace offhook::media {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kKeys = "0123456789*#ABCD";
constexpr std::size_t kDigits = 1'000;
constexpr std::uint32_t kDigitTicks = 640;
constexpr std::uint32_t kGapTicks = 560;

char digit_number(std::size_t i) { return kKeys[(i * 7 + i / 16) % kKeys.size()]; }

// A far side as browsers and providers are: a packet each 20 ms, audio or, while a digit is pressed,
// events in its place; the end packet three times.
class FarSide {
 public:
  FarSide(std::uint8_t audio_type, std::uint8_t event_type, std::uint32_t ssrc)
      : audio_type_(audio_type), event_type_(event_type), ssrc_(ssrc) {}

  // What it sends at the next 10 ms. Events begin and end there, audio goes on 20 ms later.
  std::vector<Bytes> step() {
    std::vector<Bytes> packets;
    const std::uint32_t at = tick_ % (kDigitTicks + kGapTicks);
    const std::size_t number = tick_ / (kDigitTicks + kGapTicks);
    const std::uint32_t start = tick_ - at;
    if (number >= kDigits || at > kDigitTicks) {
      if (tick_ % 160 == 0) packets.push_back(audio());
    } else if (at == kDigitTicks) {
      for (int i = 0; i < 3; ++i) packets.push_back(event(number, start, kDigitTicks, true));
    } else if (at > 0 && at % 160 == 0) {
      packets.push_back(event(number, start, at, false));
    }
    tick_ += 80;
    return packets;
  }

 private:
  Bytes packet(std::uint8_t type, bool marker, std::uint32_t timestamp, ByteView payload) {
    Bytes bytes(rtp::kHeaderBytes);
    rtp::write_header({.marker = marker,
                       .payload_type = type,
                       .sequence = sequence_++,
                       .timestamp = 0xFFFF'0000 + timestamp,
                       .ssrc = ssrc_},
                      std::span<std::uint8_t, rtp::kHeaderBytes>(bytes));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
  }
  Bytes audio() { return packet(audio_type_, false, tick_, Bytes(160, 0x55)); }
  Bytes event(std::size_t number, std::uint32_t start, std::uint32_t ticks, bool end) {
    return packet(event_type_, ticks == 160, start,
                  rtp::write_telephone_event({.event = *rtp::event_from_digit(digit_number(number)),
                                              .end = end,
                                              .duration = static_cast<std::uint16_t>(ticks)}));
  }

  std::uint8_t audio_type_;
  std::uint8_t event_type_;
  std::uint32_t ssrc_;
  std::uint32_t tick_ = 0;
  std::uint16_t sequence_ = 65'000;
};

class ThousandDigitsTest : public EngineTest {
 protected:
  struct Side {
    std::string leg;
    std::string far;
    std::uint8_t event_type;
    SocketId socket = 0;
    std::vector<SentDatagram> received{};  // by the far side
  };

  void connect(Side& side, control::AudioFormat::Codec codec, bool has_events) {
    const control::Event allocated = allocate(side.leg, control::AllocateLeg::TRUNK);
    side.socket = static_cast<SocketId>(allocated.leg_allocated().rtp().port() - 40'000);
    EXPECT_TRUE(set_trunk_remote(side.leg, side.far, true, [&](control::SetRemote& remote) {
                  remote.mutable_format()->set_codec(codec);
                  remote.mutable_format()->set_payload_type(audio_type(codec));
                  remote.mutable_format()->clear_telephone_event_payload_type();
                  if (has_events) {
                    remote.mutable_format()->set_telephone_event_payload_type(side.event_type);
                  }
                }).has_done());
  }
  static std::uint8_t audio_type(control::AudioFormat::Codec codec) {
    return codec == control::AudioFormat::PCMU ? 0 : 8;
  }
  void connect_both(bool b_has_events) {
    connect(a_, control::AudioFormat::PCMU, true);
    connect(b_, control::AudioFormat::PCMA, b_has_events);
    bridge("a", "b");
    take_sent();
  }

  void renew_leases() {
    command([](control::Command& c) {
      c.mutable_renew_lease()->add_leg_id("a");
      c.mutable_renew_lease()->add_leg_id("b");
    });
  }

  bool lost() { return random.below(100) < loss_percent_; }
  void deliver() {
    for (SentDatagram& datagram : take_sent()) {
      if (datagram.is_rtcp()) continue;
      (datagram.socket == a_.socket ? a_ : b_).received.push_back(std::move(datagram));
    }
  }
  // Both far sides press all digits.
  void run() {
    FarSide a(0, a_.event_type, 0xA);
    FarSide b(8, b_.event_type, 0xB);
    constexpr std::size_t kSteps = (kDigits + 5) * (kDigitTicks + kGapTicks) / 80;
    for (std::size_t i = 0; i < kSteps; ++i) {
      if (i % 1'000 == 0) renew_leases();
      // A network is not even, either.
      advance(Duration(random.below(3'000'000)));
      const Time next = step_at_ + 10ms;
      for (const Bytes& packet : a.step()) {
        if (!lost()) receive(a_.socket, a_.far, packet);
      }
      for (const Bytes& packet : b.step()) {
        if (!lost()) receive(b_.socket, b_.far, packet);
      }
      deliver();
      advance(next - now);
      step_at_ = next;
    }
    deliver();
  }

  // What a far side understands, with as much lost on its way.
  void expect_all_understood(const Side& side, std::size_t inexact = 0) {
    rtp::DtmfReceiver receiver;
    std::string digits;
    std::size_t other_durations = 0;
    const auto drain = [&] {
      while (const auto digit = receiver.poll_digit()) {
        if (!digit->over) continue;
        digits += digit->digit;
        if (digit->duration != 80ms) ++other_durations;
      }
    };
    for (const SentDatagram& datagram : side.received) {
      receiver.handle_timeout(datagram.at);
      drain();
      if (datagram.header().payload_type != side.event_type || lost()) continue;
      receiver.handle(datagram.header(), datagram.payload(), datagram.at);
      drain();
    }
    std::string expected;
    for (std::size_t i = 0; i < kDigits; ++i) expected += digit_number(i);
    EXPECT_EQ(digits, expected);
    EXPECT_LE(other_durations, inexact);
  }

  // RFC 4733 2.5.1, packet by packet.
  void expect_well_formed(const Side& side, bool exact_pauses) {
    std::size_t events = 0;
    unsigned ends = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t duration = 0;
    std::uint16_t next = side.received.front().header().sequence;
    for (const SentDatagram& datagram : side.received) {
      const rtp::Header header = datagram.header();
      if (loss_percent_ == 0) ASSERT_EQ(header.sequence, next++) << "no gap";
      if (header.payload_type != side.event_type) {
        ASSERT_TRUE(events == 0 || ends == 3) << "audio within a digit";
        continue;
      }
      const auto event = *rtp::parse_telephone_event(datagram.payload());
      if (header.marker) {
        ASSERT_TRUE(events == 0 || ends == 3) << "a digit without its three ends";
        if (events > 0 && exact_pauses) {
          ASSERT_EQ(header.timestamp - timestamp, kDigitTicks + kGapTicks);
        }
        ++events;
        ends = 0;
        timestamp = header.timestamp;
        duration = 0;
      }
      ASSERT_EQ(header.timestamp, timestamp);
      ASSERT_GE(event.duration, duration);
      duration = event.duration;
      if (event.end) ++ends;
      ASSERT_LE(ends, 3U);
    }
    EXPECT_EQ(events, kDigits);
  }

  Side a_{"a", "192.0.2.1:10000", 101};
  Side b_{"b", "192.0.2.200:12000", 96};
  std::uint64_t loss_percent_ = 0;
  Time step_at_ = now;
};

TEST_F(ThousandDigitsTest, CrossAsEventsBothWays) {
  connect_both(true);
  run();
  for (const Side* side : {&a_, &b_}) {
    expect_all_understood(*side);
    expect_well_formed(*side, true);
  }
  EXPECT_EQ(count_events(control::Event::kDigitReceived), 2 * kDigits);
}

TEST_F(ThousandDigitsTest, CrossAsEventsBothWaysThoughFivePercentOfAllPacketsAreLost) {
  connect_both(true);
  loss_percent_ = 5;
  run();
  for (const Side* side : {&a_, &b_}) {
    // Where all three end packets are lost, the end is not known: one digit in 8,000 on each way.
    expect_all_understood(*side, 2);
    expect_well_formed(*side, false);
  }
  EXPECT_EQ(count_events(control::Event::kDigitReceived), 2 * kDigits);
}

TEST_F(ThousandDigitsTest, CrossAsTonesWhereTheFarSideHasNoEvents) {
  connect_both(false);
  for (const std::uint64_t loss : {0U, 5U}) {
    loss_percent_ = loss;
    b_.received.clear();
    run();
    rtp::ToneDetector detector;
    std::string digits;
    std::size_t inexact = 0;
    for (const SentDatagram& datagram : b_.received) {
      const rtp::Header header = datagram.header();
      ASSERT_EQ(header.payload_type, 8);
      detector.handle(header, datagram.payload(), rtp::Law::A);
      while (const auto digit = detector.poll_digit()) {
        digits += digit->digit;
        if (digit->duration < 77ms || digit->duration > 82ms) ++inexact;
      }
    }
    std::string expected;
    for (std::size_t i = 0; i < kDigits; ++i) expected += digit_number(i);
    EXPECT_EQ(digits, expected) << loss;
    EXPECT_LE(inexact, loss == 0 ? 0U : 1U);
  }
}

TEST_F(ThousandDigitsTest, ArePressedByCommandBothWays) {
  connect_both(true);
  for (std::size_t i = 0; i < kDigits; ++i) {
    for (const std::string leg : {"a", "b"}) {
      EXPECT_TRUE(command([&](control::Command& c) {
                    c.mutable_send_digit()->set_leg_id(leg);
                    c.mutable_send_digit()->set_digit(std::string(1, digit_number(i)));
                    c.mutable_send_digit()->set_duration_ms(80);
                  }).has_done());
    }
    advance(150ms);
    deliver();
  }
  advance(1s);
  deliver();
  for (const Side* side : {&a_, &b_}) {
    expect_all_understood(*side);
    expect_well_formed(*side, true);
  }
}

}  // namespace
}  // namespace offhook::media
