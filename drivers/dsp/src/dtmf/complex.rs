//! The little arithmetic of complex numbers that the detector needs.

/// A complex number.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Complex {
    pub(super) re: f32,
    pub(super) im: f32,
}

impl Complex {
    pub(super) const ZERO: Complex = Complex { re: 0.0, im: 0.0 };
    pub(super) const ONE: Complex = Complex { re: 1.0, im: 0.0 };

    /// The number of magnitude 1 at this angle, in radians.
    pub(super) fn turn(angle: f32) -> Self {
        let (im, re) = angle.sin_cos();
        Complex { re, im }
    }

    pub(super) fn plus(self, other: Complex) -> Complex {
        Complex { re: self.re + other.re, im: self.im + other.im }
    }

    pub(super) fn times(self, other: Complex) -> Complex {
        Complex {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    /// This times the other's conjugate: by how much the other must be turned to point here.
    pub(super) fn against(self, other: Complex) -> Complex {
        Complex {
            re: self.re * other.re + self.im * other.im,
            im: self.im * other.re - self.re * other.im,
        }
    }

    pub(super) fn scaled(self, by: f32) -> Complex {
        Complex { re: self.re * by, im: self.im * by }
    }

    /// The magnitude's square.
    pub(super) fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    /// The angle, from −π to π.
    pub(super) fn angle(self) -> f32 {
        self.im.atan2(self.re)
    }
}
