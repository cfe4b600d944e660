#include "rtp/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace offhook::rtp {
namespace {

// R with every parameter at its default and no delay (G.107 7.7).
constexpr double kBestRating = 93.2;
// G.113 appendix I: the robustness of G.711 with packet-loss concealment, its impairment being 0.
// Browsers conceal, and so do the gateways of a provider.
constexpr double kPacketLossRobustness = 25.1;
// Beyond, nobody talks (and the formulas hold up to 500 ms).
constexpr double kMaxDelayMs = 10'000;

// Idd: what the delay alone does, echo being cancelled at both ends (G.107 7.4 with sT = 1 and
// mT = 100 ms).
double impairment_by_delay(Duration delay) {
  const double ms = std::min(std::chrono::duration<double, std::milli>(delay).count(), kMaxDelayMs);
  if (ms <= 100) return 0;
  const double x = std::log2(ms / 100);
  return 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
               3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
}

// Ie,eff with Ie = 0 (G.107 7.5).
double impairment_by_loss(double loss, double burst_ratio) {
  const double percent = 100 * std::clamp(loss, 0.0, 1.0);
  return 95 * percent / (percent / std::max(burst_ratio, 1.0) + kPacketLossRobustness);
}

}  // namespace

int transmission_rating(const SpeechPath& path) {
  const double rating = kBestRating - impairment_by_delay(path.delay) -
                        impairment_by_loss(path.loss, path.burst_ratio);
  return static_cast<int>(std::lround(100 * std::max(rating, 0.0)));
}

int mean_opinion_score(int rating) {
  const double r = std::clamp(rating / 100.0, 0.0, 100.0);
  const double score = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  // The formula falls below 1 for ratings below 6.5.
  return static_cast<int>(std::lround(100 * std::max(score, 1.0)));
}

double burst_ratio(double packets_lost, double gaps, double loss) {
  return gaps > 0 ? std::max(packets_lost / gaps * (1 - loss), 1.0) : 1.0;
}

}  // namespace offhook::rtp
