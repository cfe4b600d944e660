#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "rtp/packet.hpp"
#include "sim/attacker.hpp"
#include "sim/heap.hpp"
#include "sim/media_path.hpp"

// What strangers may do to a call's media, against the real engine on a virtual clock. The same
// against real sockets: worker_attack_test.cpp.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kBrowserSsrc = 0xB0B0;
constexpr std::uint32_t kProviderSsrc = 0x9999;
constexpr std::uint8_t kSilence = 0xFF;

class MediaAttackTest : public testing::Test, protected MediaPath {
 protected:
  void start_call() {
    set_up();
    run(milliseconds(200));
    ASSERT_TRUE(browser.connected());
    talk(5);  // each side is known by what it sent
  }

  // At once, without the network; what comes out for `from` (and nobody else), in bytes.
  std::size_t answered(const Endpoint& from, const Endpoint& to, const Bytes& bytes) {
    deliver({now, from, to, bytes});
    std::size_t sum = 0;
    std::erase_if(flying, [&](const Datagram& datagram) {
      if (datagram.to != from) return false;
      sum += datagram.bytes.size();
      return true;
    });
    return sum;
  }

  [[nodiscard]] std::string username() const { return gateway.ice.ufrag + ":browser"; }

  // Both have heard all frames of the other, each once and in order, and nothing else but silence.
  void expect_untouched() {
    run(milliseconds(100));
    for (const auto& [packets, speaker] :
         {std::pair(&to_provider, Speaker::Browser), std::pair(&to_browser, Speaker::Provider)}) {
      std::vector<std::uint32_t> all(spoken);
      std::ranges::generate(all, [n = 0U]() mutable { return n++; });
      EXPECT_EQ(heard(*packets, speaker), all);
      const auto silent = std::ranges::count_if(*packets, [](const Bytes& packet) {
        return std::ranges::all_of(ByteView(packet).subspan(rtp::kHeaderBytes),
                                   [](std::uint8_t byte) { return byte == kSilence; });
      });
      EXPECT_EQ(packets->size(), spoken + static_cast<std::size_t>(silent));
    }
    EXPECT_EQ(count(control::Event::kLegFailed), 0U);
    EXPECT_EQ(count(control::Event::kTimedOut), 0U);
    EXPECT_EQ(count(control::Event::kDisconnected), 0U);
    EXPECT_EQ(browser.packets_rejected(), 0U);
  }

  Attacker attacker{7};
  const Endpoint stranger = *Endpoint::parse("192.0.2.66:6666");
  const std::array<Endpoint, 5> strangers{
      stranger, *Endpoint::parse("[2001:db8::66]:50000"),
      *Endpoint::parse("203.0.114.5:12000"),  // beside the provider's network
      *Endpoint::parse("203.0.113.5:6666"),   // the provider's address, another port
      *Endpoint::parse("192.0.2.10:6666")};   // the browser's
};

TEST_F(MediaAttackTest, TenSecondsOfSprayAtEveryPortAreNotHeardAndBringNobodyAByte) {
  start_call();
  std::uint64_t sprayed = 0;
  for (int frames = 0; frames < 500; ++frames) {
    const auto sequence = static_cast<std::uint16_t>(65'500 + spoken + 1);
    for (const Endpoint& from : strangers) {
      for (const Endpoint& to : {browser_port, trunk_port, trunk_rtcp_port}) {
        const std::uint32_t ssrc = to == browser_port ? kBrowserSsrc : kProviderSsrc;
        for (Bytes& bytes : attacker.one_of_each(ssrc, sequence)) {
          deliver({now, from, to, std::move(bytes)});
          ++sprayed;
        }
      }
    }
    talk(1);
  }
  EXPECT_EQ(sprayed, 82'500U);
  EXPECT_TRUE(to_others.empty());
  expect_untouched();
}

TEST_F(MediaAttackTest, TenThousandPacketsEachWithAWrongTagReplayedOrUnderAnOldKeyAreCountedOnly) {
  start_call();
  // What the browser sends, as it is on the wire.
  std::vector<Bytes> overheard;
  const auto talk_overheard = [&](std::uint32_t frames) {
    for (std::uint32_t i = 0; i < frames; ++i) {
      browser.send_rtp(rtp_packet(kBrowserSsrc, spoken, frame(Speaker::Browser, spoken)));
      run(milliseconds(0));
      for (const Datagram& datagram : flying) {
        if (datagram.from == browser.local() && datagram.bytes[0] >= 128) {
          overheard.push_back(datagram.bytes);
        }
      }
      send(provider, trunk_port,
           rtp_packet(kProviderSsrc, spoken, frame(Speaker::Provider, spoken)));
      ++spoken;
      run(kPacketTime);
    }
  };
  constexpr std::uint64_t kEach = 10'000;
  talk_overheard(20);
  ASSERT_EQ(overheard.size(), 20U);
  for (std::uint64_t i = 0; i < kEach; ++i) {
    deliver({now, browser.local(), browser_port, overheard[i % overheard.size()]});
    Bytes wrong = overheard[i % overheard.size()];
    store_u16(wrong.data() + 2, static_cast<std::uint16_t>(65'500 + spoken + i % 100));
    wrong[wrong.size() - 1 - i % 16] ^= 1;
    deliver({now, browser.local(), browser_port, wrong});
    Bytes report = attacker.rtcp(kBrowserSsrc, i % 2 == 0);
    report.resize(report.size() + 20, static_cast<std::uint8_t>(i));
    deliver({now, browser.local(), browser_port, report});
    if (i % 100 == 0) talk(1);
  }
  EXPECT_EQ(statistics(kBrowserLeg).rejected().replayed(), kEach);
  EXPECT_EQ(statistics(kBrowserLeg).rejected().not_authentic(), 2 * kEach);
  expect_untouched();

  // The page is loaded anew: another certificate, other keys, and the old packets again.
  identity = WebRtcPeer::Identity::make().value();
  announced_fingerprint = identity.certificate.fingerprint();
  renew_browser(dtls::Role::Client);
  set_browser();
  browser.connect(gateway, now);
  run(milliseconds(200));
  ASSERT_TRUE(browser.connected());
  for (std::uint64_t i = 0; i < kEach; ++i) {
    deliver({now, browser.local(), browser_port, overheard[i % overheard.size()]});
    if (i % 100 == 0) talk(1);
  }
  EXPECT_GT(statistics(kBrowserLeg).rejected().not_authentic(), 2 * kEach);
  EXPECT_EQ(statistics(kBrowserLeg).packets_rejected(), 4 * kEach) << "the others are too old";
  expect_untouched();
}

TEST_F(MediaAttackTest, WhoDoesNotHaveThePasswordGetsNoMoreThanItPutsIn) {
  start_call();
  // Overheard: the browser's own.
  const Bytes valid = attacker.check(username(), gateway.ice.pwd);
  EXPECT_GT(answered(browser.local(), browser_port, valid), 0U);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Bytes sent = i % 3 == 0 ? attacker.check(username(), "a wrong password, 22 bytes")
                       : i % 3 == 1
                           ? attacker.mutate(valid)
                           : attacker.mutate(attacker.check(username(), "another password"));
    const std::size_t answer = answered(stranger, browser_port, sent);
    ASSERT_LE(answer, sent.size());
    in += sent.size();
    out += answer;
    if (i % 1'000 == 0) talk(1);
  }
  EXPECT_GT(out, 0U) << "some get an error: RFC 8489 9.1.3";
  EXPECT_LT(out, in);
  EXPECT_TRUE(to_others.empty());
  RecordProperty("bytes_in", std::to_string(in));
  RecordProperty("bytes_out", std::to_string(out));
  expect_untouched();
}

TEST_F(MediaAttackTest, UnknownUfragsGetNotAByte) {
  start_call();
  const std::string& ufrag = gateway.ice.ufrag;
  for (const std::string& name :
       {std::string(), std::string(":"), ":" + ufrag, ufrag, ufrag + "x:browser",
        ufrag.substr(1) + ":browser", "x" + ufrag + ":browser", ufrag.substr(0, 7) + ":browser",
        std::string(400, 'u') + ":browser", std::string("\0:browser", 9)}) {
    EXPECT_EQ(answered(stranger, browser_port, attacker.check(name, gateway.ice.pwd)), 0U) << name;
  }
  expect_untouched();
}

// Of every attribute and of the header: one and four bytes more and less than there are.
TEST_F(MediaAttackTest, NoWrongLengthInACheckChangesAnything) {
  start_call();
  const Bytes valid = attacker.check(username(), gateway.ice.pwd);
  std::vector<std::size_t> lengths{2};
  for (std::size_t at = ice::kStunHeaderBytes; at < valid.size();) {
    lengths.push_back(at + 2);
    at += 4 + (load_u16(valid.data() + at + 2) + 3U) / 4U * 4U;
  }
  EXPECT_EQ(lengths.size(), 8U) << "the header's and seven attributes'";
  int tried = 0;
  for (const std::size_t at : lengths) {
    for (const int off : {-65'535, -8, -4, -1, 1, 4, 8, 65'535}) {
      Bytes wrong = valid;
      store_u16(wrong.data() + at, static_cast<std::uint16_t>(
                                       std::clamp(load_u16(wrong.data() + at) + off, 0, 0xFFFF)));
      if (wrong == valid) continue;
      EXPECT_LE(answered(stranger, browser_port, wrong), wrong.size());
      EXPECT_LE(answered(browser.local(), browser_port, wrong), wrong.size());
      ++tried;
    }
  }
  EXPECT_GE(tried, 60);
  for (Bytes cut(valid.begin(), valid.end() - 1); !cut.empty(); cut.pop_back()) {
    EXPECT_EQ(answered(stranger, browser_port, cut), 0U);
  }
  talk(10);
  EXPECT_TRUE(to_others.empty());
  expect_untouched();
}

TEST_F(MediaAttackTest, FloodsLeaveNothingInMemory) {
  start_call();
  talk(50);
  // Each kind from an address of its own each time.
  const auto source = [&] {
    std::array<std::uint8_t, 4> address{};
    attacker.random().fill(address);
    return Endpoint{IpAddress::from_bytes(address).value(),
                    static_cast<std::uint16_t>(1'024 + attacker.random().below(60'000))};
  };
  const auto flood = [&] {
    for (int i = 0; i < 2'000; ++i) {
      for (const Endpoint& to : {browser_port, trunk_port, trunk_rtcp_port}) {
        const auto kinds = attacker.one_of_each(kProviderSsrc, static_cast<std::uint16_t>(i));
        (void)answered(source(), to, kinds[attacker.random().below(kinds.size())]);
        (void)answered(browser.local(), browser_port,
                       attacker.rtp(attacker.random().next_u32(), 1));
        (void)answered(source(), browser_port, attacker.check(username(), "a wrong password"));
      }
    }
  };
  flood();  // whatever grows once has grown
  const std::size_t before = heap_in_use();
  flood();
  EXPECT_LE(heap_in_use(), before + 4'096);
  talk(10);
  EXPECT_TRUE(to_others.empty());
  expect_untouched();
}

}  // namespace
}  // namespace offhook::sim
