"""The models of `vae_speed.py` in PyTorch: independent latents, coupled bits, ten classes.

They are written as one would write them there: 15 bits with couplings, whose arg maxes are over
all 2^15 states, by direct optimisation with f-tilde; and the mixture of ten classes by
Gumbel-Softmax or by the exact sum, with 100 labelled images a step.
"""

import math

import torch
from torch import nn
from torch.nn import functional

BATCH, BITS, STATES, CLASSES, ROW = 100, 15, 2**15, 10, 20


def _bce(logits, x):
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def _gumbel(like):
    return -torch.log(-torch.log(torch.rand_like(like).clamp_min(1e-20)))


def trained_by_adam(images, parameters, loss, *, fused):
    """A function that trains an epoch."""
    adam = torch.optim.Adam(parameters, 1e-3, fused=fused)
    x_all = torch.from_numpy(images)

    def epoch():
        order = torch.randperm(len(x_all))
        for k in range(len(x_all) // BATCH):
            x = x_all[order[k * BATCH : (k + 1) * BATCH]].float()
            adam.zero_grad()
            loss(x).backward()
            adam.step()

    return epoch


def independent(images, latents, categories, way, *, fused):
    """Independent latents, "relaxed" by Gumbel-Softmax, "exact" and "direct" for one latent."""
    torch.manual_seed(0)
    code = latents * categories
    encoder = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, code))
    decoder = nn.Sequential(nn.Linear(code, 300), nn.ReLU(), nn.Linear(300, 784))
    parameters = [*encoder.parameters(), *decoder.parameters()]

    def loss(x):
        theta = encoder(x).view(-1, latents, categories)
        log_q = functional.log_softmax(theta, -1)
        kl = (log_q.exp() * log_q).sum((-1, -2)) + latents * math.log(categories)
        if way == "relaxed":
            s = functional.softmax((theta + _gumbel(theta)) / 0.5, -1)
            return (_bce(decoder(s.view(len(x), -1)), x) + kl).mean()
        # One latent: the K outputs of the decoder do not depend on x here either.
        out = decoder(torch.eye(categories))
        values = functional.softplus(out).sum(-1) - x @ out.T
        if way == "exact":
            return ((log_q[:, 0].exp() * values).sum(-1) + kl).mean()
        perturbed = theta[:, 0] + _gumbel(theta[:, 0])
        z = functional.one_hot(perturbed.argmax(-1), categories).float()
        moved = functional.one_hot((perturbed - 0.5 * values).argmax(-1), categories).float()
        slope = ((z - moved) / 0.5).detach()
        return ((z * values).sum(-1) + (theta[:, 0] * slope).sum(-1) + kl).mean()

    return trained_by_adam(images, parameters, loss, fused=fused)


def structured(images, *, fused):
    """General couplings, noise on the unary terms, the KL of these reported and not learnt."""
    torch.manual_seed(0)
    first, second = torch.triu_indices(BITS, BITS, 1)
    code = 2 * BITS + len(first)
    encoder = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, code))
    decoder = nn.Sequential(nn.Linear(2 * BITS, 300), nn.ReLU(), nn.Linear(300, 784))
    states = (torch.arange(STATES)[:, None] >> torch.arange(BITS)) & 1
    features = torch.cat([states, states[:, first] * states[:, second]], 1).float().T.contiguous()

    def one_hot(bit):
        return torch.stack([1 - bit, bit], -1).float()

    def best(theta, alpha):
        step = torch.cat([theta[..., 1] - theta[..., 0], alpha], -1)
        return states[(step @ features).argmax(-1)]

    def score(theta, alpha, bit):
        coupled = (alpha * bit[:, first] * bit[:, second]).sum(-1)
        return (theta * one_hot(bit)).sum((-1, -2)) + coupled

    def loss(x):
        flat = encoder(x)
        theta, alpha = flat[:, : 2 * BITS].view(-1, BITS, 2), flat[:, 2 * BITS :]
        with torch.no_grad():
            noisy = theta + _gumbel(theta)
            z = best(noisy, alpha)
            flipped = z[:, None] ^ torch.eye(BITS, dtype=z.dtype)
            around = torch.cat([z[:, None], flipped], 1)
            pixels = decoder(one_hot(around).flatten(2))
            values = -_bce(pixels, x[:, None].expand_as(pixels))
            here, there = values[:, :1].expand(-1, BITS), values[:, 1:]
            f = torch.where(z[..., None] == torch.arange(2), here[..., None], there[..., None])
            moved = best(noisy + f, alpha)
        slope = score(theta, alpha, moved) - score(theta, alpha, z)
        value = _bce(decoder(one_hot(z).flatten(1)), x)
        return (value - (slope - slope.detach())).mean()

    return trained_by_adam(
        images, [*encoder.parameters(), *decoder.parameters()], loss, fused=fused
    )


class _Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 200))
        self.discrete = nn.Sequential(nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, CLASSES))
        self.first = nn.Linear(200, CLASSES * 100)
        self.shared = nn.Sequential(nn.Linear(100, 66), nn.Linear(66, 2 * ROW))
        self.decoder = nn.Sequential(nn.Linear(CLASSES * ROW, 400), nn.ReLU(), nn.Linear(400, 784))

    def encode(self, x):
        hidden = self.trunk(x)
        rows = self.shared(torch.relu(self.first(hidden)).view(len(x), CLASSES, 100))
        mean, log_v = rows.chunk(2, -1)
        c = mean + torch.exp(log_v / 2) * torch.randn_like(mean)
        kl = (mean.square() + log_v.exp() - 1 - log_v).sum(-1) / 2
        return self.discrete(hidden), c, kl

    def value(self, x, z, c, kl):
        """-f(z), for z of shape (..., CLASSES)."""
        return _bce(self.decoder((z[..., None] * c).flatten(-2)), x) + (z * kl).sum(-1)


def semi_supervised(images, way, *, fused):
    """ "relaxed" or "exact", with 100 labelled images beside each batch."""
    torch.manual_seed(0)
    model = _Mixture()
    labelled = torch.from_numpy(images[:BATCH]).float()
    labels = torch.arange(BATCH) % CLASSES

    def loss(x):
        theta, c, kl = model.encode(x)
        log_q = functional.log_softmax(theta, -1)
        divergence = (log_q.exp() * log_q).sum(-1) + math.log(CLASSES)
        if way == "relaxed":
            s = functional.softmax(theta + _gumbel(theta), -1)
            value = model.value(x, s, c, kl)
        else:
            z = torch.eye(CLASSES)[:, None]
            every = x.expand(CLASSES, *x.shape)
            value = (log_q.exp().T * model.value(every, z, c, kl)).sum(0)
        guess = model.discrete(model.trunk(labelled))
        guess = guess + _gumbel(guess) if way == "relaxed" else guess
        return (value + divergence).mean() + 10 * functional.cross_entropy(guess, labels)

    return trained_by_adam(images, model.parameters(), loss, fused=fused)
