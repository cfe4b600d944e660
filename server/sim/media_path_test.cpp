#include "sim/media_path.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MediaPathTest : public testing::Test, protected MediaPath {
 protected:
  static std::vector<std::uint32_t> all_up_to(std::uint32_t end) {
    std::vector<std::uint32_t> numbers(end);
    for (std::uint32_t i = 0; i < end; ++i) numbers[i] = i;
    return numbers;
  }

  const Endpoint stranger = *Endpoint::parse("192.0.2.66:6666");
};

TEST_F(MediaPathTest, CarriesEveryFrameUnchangedBothWays) {
  set_up();
  run(milliseconds(200));
  ASSERT_TRUE(browser.connected());
  talk(200);  // over the wrap of the sequence numbers
  run(milliseconds(100));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(200));
  EXPECT_EQ(heard(to_browser, Speaker::Provider), all_up_to(200));
  EXPECT_EQ(browser.packets_rejected(), 0U);
  EXPECT_TRUE(to_others.empty());
  EXPECT_EQ(statistics(kBrowserLeg).packets_received(), 200U);
  EXPECT_EQ(statistics(kBrowserLeg).packets_rejected(), 0U);
  EXPECT_EQ(statistics(kTrunkLeg).packets_received(), 200U);
}

TEST_F(MediaPathTest, ConnectsWithinFiveRoundTripsOfTheFirstCheck) {
  set_up();
  const Time began = now;
  while (!browser.connected() && now < began + seconds(1)) run(milliseconds(1));
  EXPECT_LE(now - began, 5 * milliseconds(20));
  run(milliseconds(20));
  EXPECT_GE(count(control::Event::kConnected), 1U);
}

TEST_F(MediaPathTest, ConnectsAsDtlsClientToAPassiveBrowser) {
  renew_browser(dtls::Role::Server);
  allocate_both();
  set_browser(control::SetRemote::ACTIVE);
  set_trunk();
  bridge();
  browser.connect(gateway, now);
  run(milliseconds(300));
  ASSERT_TRUE(browser.connected());
  talk(20);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_browser, Speaker::Provider), all_up_to(20));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(20));
}

TEST_F(MediaPathTest, ConnectsWhenChecksAndHelloAreThereBeforeTheBrowsersAnswer) {
  allocate_both();
  browser.connect(gateway, now);
  run(milliseconds(500));
  EXPECT_EQ(count(control::Event::kConnected), 0U);
  set_browser();
  set_trunk();
  bridge();
  run(milliseconds(500));
  ASSERT_TRUE(browser.connected());
  EXPECT_GE(count(control::Event::kConnected), 1U);
  talk(10);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_browser, Speaker::Provider), all_up_to(10));
}

TEST_F(MediaPathTest, LosesNoMoreThanTheNetworkDoesAndNeverChangesOrRepeatsAFrame) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    network_random = SeededRandom(seed);
    lost_percent = 10;
    set_up();
    run(seconds(3));
    ASSERT_TRUE(browser.connected()) << seed;
    const std::uint32_t first = spoken;
    talk(500);
    run(milliseconds(200));
    for (const auto& [packets, speaker] :
         {std::pair(&to_provider, Speaker::Browser), std::pair(&to_browser, Speaker::Provider)}) {
      const std::vector<std::uint32_t> numbers = heard(*packets, speaker);
      EXPECT_TRUE(std::ranges::is_sorted(numbers, std::less_equal<>{})) << "in order, each once";
      // Two hops lose a tenth each: 81 % arrive, give or take five.
      EXPECT_GT(numbers.size(), 380U);
      EXPECT_TRUE(std::ranges::all_of(numbers, [&](std::uint32_t n) { return n >= first; }));
    }
    release(kBrowserLeg);
    release(kTrunkLeg);
    flying.clear();
    to_provider.clear();
    to_browser.clear();
    renew_browser(dtls::Role::Client);
  }
}

TEST_F(MediaPathTest, CarriesEveryFrameOnceOverANetworkThatReorders) {
  jitter_ms = 60;
  set_up();
  run(seconds(2));
  ASSERT_TRUE(browser.connected());
  talk(300);
  run(milliseconds(600));
  for (const auto& [packets, speaker] :
       {std::pair(&to_provider, Speaker::Browser), std::pair(&to_browser, Speaker::Provider)}) {
    std::vector<std::uint32_t> numbers = heard(*packets, speaker);
    std::ranges::sort(numbers);
    EXPECT_EQ(numbers, all_up_to(300));
  }
}

TEST_F(MediaPathTest, GivesNoMediaToABrowserWithAnotherCertificate) {
  announced_fingerprint = dtls::Certificate::make().value().fingerprint();
  set_up();
  for (int i = 0; i < 50; ++i) {
    talk(1);
    // Whatever keys the browser has: plain RTP is tried as well.
    send(browser.local(), browser_port, rtp_packet(0xB0B0, spoken, frame(Speaker::Browser, 0)));
  }
  run(dtls::kSecondChance);
  EXPECT_EQ(count(control::Event::kLegFailed), 1U);
  EXPECT_EQ(count(control::Event::kConnected), 1U) << "only the trunk's";
  EXPECT_FALSE(browser.connected());
  EXPECT_TRUE(heard(to_provider, Speaker::Browser).empty());
  EXPECT_TRUE(to_browser.empty());
}

TEST_F(MediaPathTest, RejectsMediaOfStrangersAndSendsThemNothing) {
  set_up();
  run(milliseconds(200));
  const Endpoint neighbour{.address = *IpAddress::parse("203.0.114.5"), .port = provider.port};
  for (std::uint32_t i = 0; i < 100; ++i) {
    send(stranger, browser_port, rtp_packet(0xB0B0, i, frame(Speaker::Browser, i)));
    send(browser.local(), browser_port, rtp_packet(0xB0B0, i, frame(Speaker::Browser, i)));
    send(stranger, trunk_port, rtp_packet(0x9999, i, frame(Speaker::Provider, i)));
    send(neighbour, trunk_port, rtp_packet(0x9999, i, frame(Speaker::Provider, i)));
    run(kPacketTime);
  }
  spoken = 100;
  EXPECT_TRUE(heard(to_provider, Speaker::Browser).empty());
  EXPECT_TRUE(heard(to_browser, Speaker::Provider).empty());
  EXPECT_TRUE(to_others.empty());
  EXPECT_GE(statistics(kTrunkLeg).packets_rejected(), 200U);
  EXPECT_GE(statistics(kBrowserLeg).packets_rejected(), 100U);
  talk(20);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_browser, Speaker::Provider).size(), 20U) << "the call is unharmed";
  EXPECT_EQ(heard(to_provider, Speaker::Browser).size(), 20U);
}

TEST_F(MediaPathTest, SurvivesTenThousandPacketsWithAWrongTag) {
  set_up();
  run(milliseconds(200));
  SeededRandom noise(7);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    Bytes packet = rtp_packet(0xB0B0, i, frame(Speaker::Browser, i));
    packet.resize(packet.size() + 16);
    noise.fill(MutableByteView(packet).last(16));
    deliver({now, browser.local(), browser_port, packet});
  }
  talk(20);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(20));
  EXPECT_EQ(statistics(kBrowserLeg).packets_rejected(), 10'000U);
  EXPECT_EQ(count(control::Event::kLegFailed), 0U);
}

TEST_F(MediaPathTest, IsNotMovedByAnOverheardCheck) {
  set_up();
  // Whoever listens on the path sends each datagram of the browser again, from its own address.
  for (int i = 0; i < 300; ++i) {
    const std::deque<Datagram> overheard = flying;
    run(milliseconds(5));
    for (const Datagram& datagram : overheard) {
      if (datagram.from == browser.local()) send(stranger, browser_port, datagram.bytes);
    }
    if (i % 4 == 0 && i > 100) talk(1);
  }
  run(milliseconds(100));
  EXPECT_EQ(heard(to_browser, Speaker::Provider), all_up_to(spoken));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(spoken));
  EXPECT_TRUE(to_others.empty());
}

TEST_F(MediaPathTest, FollowsTheBrowserToAnotherNetwork) {
  set_up();
  run(milliseconds(200));
  talk(10);
  browser.move_to(*Endpoint::parse("[2001:db8::77]:50001"), now);
  run(milliseconds(50));
  talk(10);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(20));
  EXPECT_GE(heard(to_browser, Speaker::Provider).size(), 18U) << "what was under way is lost";
  EXPECT_EQ(count(control::Event::kDisconnected), 0U);
}

TEST_F(MediaPathTest, FollowsAnIceRestartToAnotherNetworkAndUsesNoIndexTwice) {
  set_up();
  run(milliseconds(200));
  talk(50);
  run(milliseconds(100));
  const ice::Credentials before = gateway.ice;
  for (std::uint16_t round = 1; round <= 3; ++round) {
    // The old network is gone, and signalling takes its time.
    browser.restart_ice({.address = *IpAddress::parse("192.0.2.77"), .port = round});
    talk(40);
    run(milliseconds(100));
    EXPECT_EQ(heard(to_provider, Speaker::Browser).back(), spoken - 41) << "not validated yet";
    restart_ice();
    EXPECT_NE(gateway.ice.ufrag, before.ufrag);
    EXPECT_NE(gateway.ice.pwd, before.pwd);
    const Time answered = now;
    const std::size_t was = heard(to_browser, Speaker::Provider).size();
    while (heard(to_browser, Speaker::Provider).size() == was && now < answered + seconds(1)) {
      talk(1);
    }
    EXPECT_LT(now - answered, milliseconds(100));
    talk(50);
    run(milliseconds(100));
  }
  for (const auto& [packets, speaker] :
       {std::pair(&to_provider, Speaker::Browser), std::pair(&to_browser, Speaker::Provider)}) {
    const std::vector<std::uint32_t> numbers = heard(*packets, speaker);
    EXPECT_TRUE(std::ranges::is_sorted(numbers, std::less_equal<>{})) << "in order, each once";
    EXPECT_GE(numbers.size(), 200U);
  }
  // Neither side's replay window saw an index a second time.
  EXPECT_EQ(browser.packets_rejected(), 0U);
  EXPECT_EQ(statistics(kBrowserLeg).rejected().replayed(), 0U);
  EXPECT_EQ(statistics(kBrowserLeg).rejected().not_authentic(), 0U);
  EXPECT_EQ(count(control::Event::kDisconnected), 0U);
  EXPECT_EQ(count(control::Event::kLegFailed), 0U);
}

TEST_F(MediaPathTest, KeepsTheSoundOnTheOldPathUntilARestartHasFoundAnother) {
  set_up();
  run(milliseconds(200));
  talk(20);
  const Endpoint same = browser.local();
  browser.restart_ice(same);
  talk(20);
  restart_ice();
  talk(20);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(60));
  EXPECT_EQ(heard(to_browser, Speaker::Provider), all_up_to(60));
}

TEST_F(MediaPathTest, HearsTheOldAddressForFiveSecondsAfterAMove) {
  set_up();
  run(milliseconds(200));
  const Endpoint old = browser.local();
  browser.move_to(*Endpoint::parse("[2001:db8::77]:50001"), now);
  run(milliseconds(30));  // checks take 10 ms, and so does what is said
  const auto say_from = [&](const Endpoint& from) {
    browser.send_rtp(rtp_packet(0xB0B0, spoken, frame(Speaker::Browser, spoken)));
    ++spoken;
    run({});
    flying.back().from = from;
    run(milliseconds(20));
  };
  say_from(old);
  run(milliseconds(4'900));
  say_from(old);
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(2));
  run(milliseconds(100));
  say_from(old);
  EXPECT_EQ(heard(to_provider, Speaker::Browser), all_up_to(2));
  say_from(browser.local());
  EXPECT_EQ(heard(to_provider, Speaker::Browser).back(), 3U);
}

TEST_F(MediaPathTest, SaysThatTheBrowserIsAwayThatItIsBackAndThatItIsLost) {
  set_up();
  run(milliseconds(200));
  const std::size_t connected = count(control::Event::kConnected);
  browser.pause_checks();
  run(seconds(7));
  EXPECT_EQ(count(control::Event::kDisconnected), 1U);
  browser.resume_checks(now);
  run(seconds(1));
  EXPECT_EQ(count(control::Event::kConnected), connected + 1);
  talk(5);
  browser.pause_checks();
  run(seconds(31));
  EXPECT_EQ(count(control::Event::kDisconnected), 2U);
  EXPECT_EQ(count(control::Event::kTimedOut), 1U);
}

TEST_F(MediaPathTest, StopsSendingWhenTheLeaseEndsAndGoesOnWhenItIsRenewed) {
  set_up();
  run(seconds(119));
  talk(10);
  run(seconds(5));
  to_provider.clear();
  to_browser.clear();
  talk(50);
  run(milliseconds(100));
  EXPECT_TRUE(to_provider.empty()) << "not even silence: the provider's own timeout ends the call";
  EXPECT_TRUE(to_browser.empty());
  renew_leases();
  const std::uint32_t before = spoken;
  talk(10);
  run(milliseconds(100));
  EXPECT_EQ(heard(to_provider, Speaker::Browser).size(), spoken - before);
  EXPECT_EQ(heard(to_browser, Speaker::Provider).size(), spoken - before);
}

TEST_F(MediaPathTest, FreesEverythingOnRelease) {
  set_up();
  run(milliseconds(200));
  talk(5);
  EXPECT_EQ(engine.leg_count(), 2U);
  EXPECT_EQ(engine.bridge_count(), 1U);
  EXPECT_EQ(ports.open_now(), 1);
  release(kBrowserLeg);
  release(kTrunkLeg);
  EXPECT_EQ(engine.leg_count(), 0U);
  EXPECT_EQ(engine.bridge_count(), 0U);
  run(milliseconds(1));  // the last RTCP leaves
  EXPECT_EQ(ports.open_now(), 0);
  EXPECT_FALSE(engine.next_timeout());
  run(milliseconds(100));
  to_provider.clear();
  to_browser.clear();
  talk(50);  // both do not know yet
  run(seconds(5));
  EXPECT_TRUE(to_provider.empty());
  EXPECT_TRUE(to_browser.empty());
}

TEST_F(MediaPathTest, SendsNothingMoreToABrowserThatHasClosedOnceItsConsentIsOver) {
  set_up();
  run(milliseconds(200));
  talk(5);
  run(milliseconds(50));
  browser.close();
  run(ice::kConsentLost);
  flying.clear();
  const std::uint64_t sent = statistics(kBrowserLeg).packets_sent();
  talk(20);
  EXPECT_EQ(statistics(kBrowserLeg).packets_sent(), sent);
  EXPECT_EQ(engine.leg_count(), 2U) << "signal decides when a leg ends";
}

}  // namespace
}  // namespace offhook::sim
