"""Discrete VAEs of both papers: runs, grids, record, tables and speed."""

from perturbtheory.experiments.vaes.run import EPOCHS as EPOCHS
from perturbtheory.experiments.vaes.run import PUBLISHED_EPOCHS as PUBLISHED_EPOCHS
from perturbtheory.experiments.vaes.run import RULES as RULES
from perturbtheory.experiments.vaes.run import SCHEDULES as SCHEDULES
from perturbtheory.experiments.vaes.run import TEMPERED as TEMPERED
from perturbtheory.experiments.vaes.run import VaeRun as VaeRun
from perturbtheory.experiments.vaes.run import Watch as Watch
from perturbtheory.experiments.vaes.run import binary as binary
from perturbtheory.experiments.vaes.run import importance as importance
from perturbtheory.experiments.vaes.run import noise as noise
from perturbtheory.experiments.vaes.run import require_run as require_run
from perturbtheory.experiments.vaes.run import rule as rule
from perturbtheory.experiments.vaes.run import run_vae as run_vae
from perturbtheory.experiments.vaes.run import start as start
from perturbtheory.experiments.vaes.run import suited as suited
from perturbtheory.experiments.vaes.run import summary as summary
from perturbtheory.experiments.vaes.run import trained as trained
from perturbtheory.experiments.vaes.run import training as training
