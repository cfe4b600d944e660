#pragma once

#include "base/time.hpp"

// How a path sounds, estimated from what the network does to it: the E-model (ITU-T G.107) with its
// defaults, reduced to the impairments that packets bring: delay and loss of G.711.
namespace offhook::rtp {

struct SpeechPath {
  Duration delay{};        // mouth to ear, as far as it is known
  double loss = 0;         // of all packets, 0 to 1
  double burst_ratio = 1;  // mean length of the bursts of losses to that of random ones (BurstR)
};

// The transmission rating R, times 100: 0 to 9320.
[[nodiscard]] int transmission_rating(const SpeechPath& path);
// The mean opinion score of a rating (G.107 annex B), times 100: 100 to 450.
[[nodiscard]] int mean_opinion_score(int rating);

// RFC 3550 counts packets and gaps, G.107 wants a ratio: bursts last lost / gaps packets on average,
// and under random loss they would last 1 / (1 - loss). 1 or more; 1 where nothing was lost.
[[nodiscard]] double burst_ratio(double packets_lost, double gaps, double loss);

}  // namespace offhook::rtp
