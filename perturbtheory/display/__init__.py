"""How objects show themselves: short text, HTML for notebooks, axes to draw into.

The lowest layer beside `numerics`, which everything may use. matplotlib is imported when something
is drawn, latex2mathml when a formula is shown.
"""

from perturbtheory.display._ascii import ascii_text as ascii_text
from perturbtheory.display._axes import BLACK as BLACK
from perturbtheory.display._axes import BLUE as BLUE
from perturbtheory.display._axes import GREEN as GREEN
from perturbtheory.display._axes import GREY as GREY
from perturbtheory.display._axes import ORANGE as ORANGE
from perturbtheory.display._axes import SKY as SKY
from perturbtheory.display._axes import VERMILLION as VERMILLION
from perturbtheory.display._axes import axes_of as axes_of
from perturbtheory.display._axes import light_grid as light_grid
from perturbtheory.display._html import MARKS as MARKS
from perturbtheory.display._html import Html as Html
from perturbtheory.display._html import badge as badge
from perturbtheory.display._html import block as block
from perturbtheory.display._html import code as code
from perturbtheory.display._html import folded as folded
from perturbtheory.display._html import line as line
from perturbtheory.display._html import listed as listed
from perturbtheory.display._html import quiet as quiet
from perturbtheory.display._html import table as table
from perturbtheory.display._html import words as words
from perturbtheory.display._mathematics import segments as segments
from perturbtheory.display._mathematics import to_html as to_html
from perturbtheory.display._mathml import MathematicsError as MathematicsError
from perturbtheory.display._mathml import pieces as pieces
from perturbtheory.display._nodes import html_of_node as html_of_node
from perturbtheory.display._nodes import text_of_node as text_of_node
from perturbtheory.display._text import array as array
from perturbtheory.display._text import exact_array as exact_array
from perturbtheory.display._text import measured as measured
from perturbtheory.display._text import number as number
from perturbtheory.display._text import outward as outward
from perturbtheory.display._text import places_of as places_of
from perturbtheory.display._text import plain_repr as plain_repr
from perturbtheory.display._text import upwards as upwards
